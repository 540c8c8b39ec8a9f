"""Pages of a list: what every list endpoint takes and gives."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.http.cursor import MAX_CURSOR_LENGTH

Limit = Annotated[int, Query(ge=1, le=200, description="How many rows a page has at most")]
CursorWord = Annotated[
    str | None,
    Query(max_length=MAX_CURSOR_LENGTH, description="'next_cursor' of the page before, with the same filters and sort"),
]
