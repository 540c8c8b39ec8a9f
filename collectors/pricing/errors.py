"""Errors of the price collectors.

CollectorError
└── PriceBookError             (collectors.errors) the price book cannot be built or read
    ├── InvalidPriceFile       a file of the book that cannot be read as one (Terminal)
    └── InvalidPriceSource     a source table that is not what its reader expects (Terminal)
"""

from __future__ import annotations

from collectors.errors import PriceBookError, Terminal


class InvalidPriceFile(PriceBookError, Terminal):
    """A file of the book that cannot be read as one; ``row`` counts from 0 in the file when one row is at fault."""

    def __init__(self, message: str, *, file: str, row: int | None = None) -> None:
        super().__init__(f"{file}{'' if row is None else f', row {row}'}: {message}")
        self.file = file
        self.row = row


class InvalidPriceSource(PriceBookError, Terminal):
    """A source table that is not what its reader expects; ``file`` names it."""

    def __init__(self, message: str, *, file: str) -> None:
        super().__init__(f"{file}: {message}")
        self.file = file
