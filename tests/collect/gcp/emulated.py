"""Where the emulator of BigQuery falls short of the real one: SQL on its way there, in words that it understands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tests.collect.proxy import FaultProxy

EXACT_DECIMALS: Final = (
    r"PARSE_BIGNUMERIC\((CAST\([^()]* AS STRING\))\)",
    r"CAST(\1 AS BIGNUMERIC(38, 12))",
)
"""The emulator keeps nine places of a BIGNUMERIC unless the type names more."""


class RewritingProxy(FaultProxy):
    """Replaces a pattern in whatever is posted; ``posted`` are the bodies as they came."""

    def __init__(self, upstream_url: str, pattern: str, replacement: str) -> None:
        super().__init__(upstream_url)
        self._pattern, self._replacement = re.compile(pattern), replacement
        self.posted: list[str] = []

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """The peer's answer to the request in its own words."""
        if method == "POST":
            self.posted.append(body.decode())
            body = self._pattern.sub(self._replacement, body.decode()).encode()
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        return super().ask(method, path, headers, body)
