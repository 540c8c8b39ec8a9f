"""Errors of the price book.

OptimizerError
├── UnknownPlace           (optimizer.errors) a place id that the book does not know
├── MissingPrice           (optimizer.errors) a price that is needed and not in the book
└── InvalidPriceBook       tables that do not make a price book
    ├── InvalidPriceRow    one row that breaks a rule, named by table and row number
    └── NothingToScale     a what-if on prices that matches no row
"""

from __future__ import annotations

from optimizer.errors import OptimizerError


class InvalidPriceBook(OptimizerError):
    """Tables that do not make a price book; ``table`` is the one at fault."""

    def __init__(self, message: str, *, table: str) -> None:
        super().__init__(f"price book, table {table!r}: {message}")
        self.table = table


class InvalidPriceRow(InvalidPriceBook):
    """One row that breaks a rule. ``row`` counts from 0 in ``table`` as it was given; ``reason`` says what is wrong."""

    def __init__(self, reason: str, *, table: str, row: int, described: str) -> None:
        super().__init__(f"row {row} ({described}): {reason}", table=table)
        self.row = row
        self.reason = reason
        self.described = described


class NothingToScale(InvalidPriceBook):
    """A what-if on prices that matches no row of the book."""
