"""A count of rows with exact sums: how a month of an export is told from what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Rows, and the exact sums of their cost and credits, whatever the currency: a checksum, not an amount."""

    rows: int = 0
    cost: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(rows=self.rows + other.rows, cost=self.cost + other.cost, credit=self.credit + other.credit)

    def __str__(self) -> str:
        return f"{self.rows} rows, cost {_plain(self.cost)}, credits {_plain(self.credit)}"


def _plain(amount: Decimal) -> str:
    """The same number always as the same text, whatever the places it came with."""
    return f"{amount.normalize():f}" if amount else "0"
