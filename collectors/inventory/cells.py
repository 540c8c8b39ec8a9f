"""Kinds of cell: how a text becomes a value, how a value becomes a text, and what to say when it cannot."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

CellValue = str | float | int | bool | date | Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``parse`` raises ValueError for a text that is not ``expected``; ``optional`` lets an empty cell mean None."""

    expected: str
    parse: Callable[[str], CellValue]
    optional: bool = False


def _text(cell: str) -> str:
    if not cell:
        raise ValueError
    return cell


def _one_of(*allowed: str) -> Callable[[str], CellValue]:
    def parse(cell: str) -> CellValue:
        if cell not in allowed:
            raise ValueError
        return cell

    return parse


def _number(at_most: float = math.inf) -> Callable[[str], CellValue]:
    def parse(cell: str) -> CellValue:
        if "_" in cell:  # float() takes 1_000 for a thousand; a spreadsheet never means that
            raise ValueError
        number = float(cell)
        if not math.isfinite(number) or number < 0 or number > at_most:
            raise ValueError
        return number

    return parse


def _count(at_least: int) -> Callable[[str], CellValue]:
    def parse(cell: str) -> CellValue:
        if not (cell.isascii() and cell.isdigit()) or int(cell) < at_least:
            raise ValueError
        return int(cell)

    return parse


def _flag(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError
    return cell == "true"


def _money(cell: str) -> Decimal:
    try:
        amount = Decimal(cell)
    except InvalidOperation as not_a_number:
        raise ValueError from not_a_number
    if "_" in cell or not amount.is_finite() or amount < 0:
        raise ValueError
    return amount


def _place(cell: str) -> str:
    provider, colon, region = cell.partition(":")
    if not (provider and colon and region) or ":" in region or cell != cell.strip():
        raise ValueError
    return cell


TEXT: Final = Kind(expected="a text that is not empty", parse=_text)
OPTIONAL_TEXT: Final = Kind(expected="a text, or empty", parse=_text, optional=True)
ANY_TEXT: Final = Kind(expected="a text", parse=str)
PLACE: Final = Kind(expected="a place such as aws:us-east-1", parse=_place)
OPTIONAL_PLACE: Final = Kind(expected="a place such as aws:us-east-1, or empty", parse=_place, optional=True)
NUMBER: Final = Kind(expected="a number of at least 0", parse=_number())
OPTIONAL_NUMBER: Final = Kind(expected="a number of at least 0, or empty", parse=_number(), optional=True)
HOURS_OF_MONTH: Final = Kind(expected="a number of hours from 0 to 730", parse=_number(730.0))
DAYS: Final = Kind(expected="a whole number of days of at least 0", parse=_count(0))
OPTIONAL_DAYS: Final = Kind(expected="a whole number of days of at least 1, or empty", parse=_count(1), optional=True)
INSTANCES: Final = Kind(expected="a whole number of at least 1", parse=_count(1))
FLAG: Final = Kind(expected="true or false", parse=_flag)
MONEY: Final = Kind(expected="an amount in USD of at least 0", parse=_money)
DATE: Final = Kind(expected="a date such as 2027-03-31", parse=date.fromisoformat)


def one_of(*allowed: str) -> Kind:
    """A kind with a closed list of words."""
    return Kind(expected=f"one of {', '.join(allowed)}", parse=_one_of(*allowed))


def cell_text(value: Any) -> str:
    """The text of a value, such that parsing it gives the same value back.

    >>> cell_text(True), cell_text(0.1), cell_text(None), cell_text(date(2027, 3, 31))
    ('true', '0.1', '', '2027-03-31')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return str(value)
