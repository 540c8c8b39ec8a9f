"""Sums over months turned into whole micro-USD a month, so that the parts add up to the total exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import floor
from typing import Final

from collectors.estate.bill_lines import BillLine

ESTATE_CURRENCY: Final = "USD"


def in_usd(line: BillLine, usd_rates: Mapping[str, Decimal]) -> Decimal | None:
    """The line's cost in USD; None when its currency has no rate (a rate is USD for one unit of the currency)."""
    if line.currency == ESTATE_CURRENCY:
        return line.effective_cost
    rate = usd_rates.get(line.currency)
    return None if rate is None else line.effective_cost * rate


def monthly_micro_usd(costs_usd: Sequence[Decimal], months: Sequence[int]) -> list[int]:
    """Each cost divided by its number of months, in whole micro-USD, by largest remainder.

    The results add up to the exact monthly total rounded once, half to even; each is within one micro-USD of its own
    exact value. Ties go to the earlier cost.

    >>> monthly_micro_usd([Decimal("0.000001")] * 3, [3, 3, 3])
    [1, 0, 0]
    """
    exact = [Fraction(cost) * 1_000_000 / count for cost, count in zip(costs_usd, months, strict=True)]
    whole = [floor(amount) for amount in exact]
    missing = round(sum(exact, Fraction(0))) - sum(whole)
    by_remainder = sorted(range(len(exact)), key=lambda at: (whole[at] - exact[at], at))
    for at in by_remainder[:missing]:
        whole[at] += 1
    return whole


def monthly_amount(amount: Decimal, months: int) -> Decimal:
    """An amount of any currency divided by months, to a millionth, half to even."""
    return (amount / months).quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)
