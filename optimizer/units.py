"""Units in one place: hours in a month, money as integers, bytes.

Money inside the optimizer is integer micro-USD. A sum of absolute amounts below ``MAX_TOTAL_MICRO_USD`` (about
4.6 trillion USD) stays inside int64 with room for one addition, which ``Problem`` checks when it is built.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

HOURS_PER_MONTH: Final = 730
MONTHS_PER_YEAR: Final = 12
MICRO_USD_PER_USD: Final = 1_000_000
PICO_USD_PER_MICRO_USD: Final = 1_000_000
BYTES_PER_GB: Final = 10**9
BYTES_PER_GIB: Final = 2**30
GIB_PER_GB: Final = BYTES_PER_GB / BYTES_PER_GIB
MAX_TOTAL_MICRO_USD: Final = 2**62


def micro_usd_exactly(amount_usd: Decimal) -> int:
    """Whole micro-USD of an amount with at most six decimals.

    >>> micro_usd_exactly(Decimal("120.50"))
    120500000

    Raises:
        ValueError: the amount is not finite or has more than six decimals.
    """
    if not amount_usd.is_finite():
        raise ValueError(f"{amount_usd} is not an amount of money; expected a finite decimal number")
    scaled = amount_usd.scaleb(6)
    whole = scaled.to_integral_value()
    if whole != scaled:
        raise ValueError(f"{amount_usd} has more than six decimals; round it to a millionth of a dollar")
    return int(whole)


def micro_usd_rounded(amount_usd: Decimal) -> int:
    """Micro-USD nearest to an amount, ties to even.

    >>> micro_usd_rounded(Decimal("0.0000025"))
    2
    """
    return int(amount_usd.scaleb(6).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def usd(amount_micro_usd: int) -> Decimal:
    """The amount in USD, exactly, with six decimals.

    >>> usd(1500)
    Decimal('0.001500')
    """
    return Decimal(int(amount_micro_usd)).scaleb(-6).quantize(Decimal("0.000001"))
