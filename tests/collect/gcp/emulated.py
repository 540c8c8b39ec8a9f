"""Where the emulator of BigQuery falls short of the real one: SQL on its way there, in words that it understands."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tests.peers.http_replay import HttpReply, HttpRequest
from tests.peers.proxy import FaultProxy

EXACT_DECIMALS: Final = (
    r"PARSE_BIGNUMERIC\((CAST\([^()]* AS STRING\))\)",
    r"CAST(\1 AS BIGNUMERIC(38, 12))",
)
"""The emulator keeps nine places of a BIGNUMERIC unless the type names more."""


class RewritingProxy(FaultProxy):
    """Replaces a pattern in whatever is posted; ``posted`` are the bodies as they came."""

    def __init__(self, upstream_url: str, pattern: str, replacement: str) -> None:
        self._pattern, self._replacement = re.compile(pattern), replacement
        self.posted: list[str] = []
        super().__init__(upstream_url)

    def answer(self, request: HttpRequest) -> HttpReply:
        """The peer's answer to the request in its own words."""
        if request.method != "POST":
            return super().answer(request)
        posted = request.content.decode()
        self.posted.append(posted)
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        rewritten = self._pattern.sub(self._replacement, posted).encode()
        return super().answer(replace(request, headers=headers, content=rewritten))
