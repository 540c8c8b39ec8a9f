"""Graduated tiers: what a quantity of one meter costs at one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from optimizer.units import MAX_TOTAL_MICRO_USD, PICO_USD_PER_MICRO_USD


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TierSchedule:
    """Prices of one meter at one place, per ``unit``, for ascending quantities in a month.

    ``minimum_quantity`` (float64 ``[tier]``, first 0, ascending, in ``unit``) is where each tier begins and
    ``pico_usd`` (int64 ``[tier]``) the price of one ``unit`` inside it. Bytes are quoted per 10^9 whatever the vendor
    publishes: ``published_unit`` and ``published_usd`` are the vendor's own figures, before conversion.
    """

    unit: str
    minimum_quantity: npt.NDArray[np.float64]
    pico_usd: npt.NDArray[np.int64]
    confidence: str
    source: str
    as_of_on: date
    published_unit: str
    published_usd: tuple[Decimal, ...]

    @property
    def first_usd(self) -> Decimal:
        """Price of one ``unit`` in the first tier."""
        return Decimal(int(self.pico_usd[0])).scaleb(-12)

    @overload
    def charge_micro_usd(self, quantity: float) -> int: ...

    @overload
    def charge_micro_usd(self, quantity: npt.NDArray[Any]) -> npt.NDArray[np.int64]: ...

    def charge_micro_usd(self, quantity: float | npt.NDArray[Any]) -> int | npt.NDArray[np.int64]:
        """Charge for a month's ``quantity`` (in ``unit``): every unit at the price of the tier that it falls in.

        ``sum over tiers t of pico_usd[t] x (min(quantity, end[t]) - begin[t])``, computed in float64 and rounded once,
        half to even. With 0.02 USD up to 100 and 0.01 USD beyond, 150 units cost 100 x 0.02 + 50 x 0.01 = 2.50 USD.

        Raises:
            ValueError: a quantity is negative, infinite or not a number.
            OverflowError: the charge passes ``MAX_TOTAL_MICRO_USD``, about 4.6 trillion USD.
        """
        asked = np.asarray(quantity, dtype=np.float64)
        if not (np.isfinite(asked) & (asked >= 0)).all():
            raise ValueError(f"a quantity in {self.unit} must be a finite number of at least 0, not {quantity}")
        ends = np.append(self.minimum_quantity[1:], np.inf)
        charge = np.zeros(asked.shape)
        for begin, end, pico_usd in zip(self.minimum_quantity, ends, self.pico_usd, strict=True):
            charge = charge + (np.clip(asked, begin, end) - begin) * (float(pico_usd) / PICO_USD_PER_MICRO_USD)
        if (charge >= MAX_TOTAL_MICRO_USD).any():
            raise OverflowError(f"{np.max(asked):g} {self.unit} cost more than 4.6 trillion USD; check the quantity")
        rounded: npt.NDArray[np.int64] = np.rint(charge).astype(np.int64)
        return int(rounded) if rounded.ndim == 0 else rounded
