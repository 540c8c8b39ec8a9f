"""Page cursors: the sort key of the last row of a page (keyset pagination), bound to the list that gave it out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from api.errors import InvalidCursor

MAX_CURSOR_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page ended: the sort value and the id of its last row."""

    sort_value: float | int | str
    id: str


def list_fingerprint(*parts: object) -> str:
    """A short digest of a list's filters and order: a cursor of one list is refused by another."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:8]


def encode_cursor(cursor: Cursor, *, fingerprint: str) -> str:
    """The cursor as a word that fits in a URL."""
    text = json.dumps([fingerprint, cursor.sort_value, cursor.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(word: str, *, fingerprint: str, kind: type[int] | type[float] | type[str]) -> Cursor:
    """The cursor that ``encode_cursor`` wrote; ``kind`` is the type of the list's sort value.

    Raises:
        InvalidCursor: the word is not a cursor, or belongs to a list with other filters or another order.
    """
    refusal = "take the cursor from 'next_cursor' of the page before, with the same filters and the same sort"
    try:
        parts = json.loads(base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursor(refusal) from None
    if not (isinstance(parts, list) and len(parts) == 3 and parts[0] == fingerprint):
        raise InvalidCursor(refusal)
    _, sort_value, row_id = parts
    if type(sort_value) is not kind or not isinstance(row_id, str):
        raise InvalidCursor(refusal)
    if isinstance(sort_value, int) and abs(sort_value) >= 2**63:
        raise InvalidCursor(refusal)
    return Cursor(sort_value=sort_value, id=row_id)
