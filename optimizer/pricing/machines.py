"""Machines for hire: the sizes of one service at one place, with a price per purchase term."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from optimizer.errors import MissingPrice
from optimizer.pricing.names import CONFIDENCES, NOT_SOLD, PURCHASES
from optimizer.units import PICO_USD_PER_MICRO_USD


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineOffer:
    """One machine size at one place. ``pico_usd_per_hour`` and ``confidence`` follow ``PURCHASES``; None = not sold."""

    place_id: str
    service: str
    sku: str
    family: str
    architecture: str
    vcpu: float
    memory_gib: float
    pico_usd_per_hour: tuple[int | None, ...]
    confidence: tuple[str | None, ...]

    def usd_per_hour(self, purchase: str = "on_demand") -> Decimal | None:
        """Price of an hour, or None where the size is not sold under ``purchase``."""
        pico_usd = self.pico_usd_per_hour[PURCHASES.index(purchase)]
        return None if pico_usd is None else Decimal(pico_usd).scaleb(-12)

    def charge_micro_usd(self, hours: float, purchase: str = "on_demand") -> int:
        """Charge for ``hours`` of one machine, rounded once, half to even.

        Raises:
            MissingPrice: the size is not sold under ``purchase`` here.
        """
        pico_usd = self.pico_usd_per_hour[PURCHASES.index(purchase)]
        if pico_usd is None:
            raise MissingPrice(
                f"{self.service} {self.sku} has no {purchase} price at {self.place_id}; "
                f"choose another purchase term or add the row to the book"
            )
        return int(np.rint(hours * (pico_usd / PICO_USD_PER_MICRO_USD)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MachineOffers:
    """Every size of one service at one place, as columns in the order of ``sku`` (ascending).

    ``sku``, ``family`` and ``architecture`` (``names.ARCHITECTURES``) are str ``[sku]``, ``vcpu`` and ``memory_gib``
    float64 ``[sku]``; ``pico_usd_per_hour`` is int64 and ``confidence_code`` int8 (an index of ``CONFIDENCES``), both
    ``[sku, purchase]`` with the columns of ``PURCHASES`` and -1 where the size is not sold that way.
    """

    place_id: str
    service: str
    sku: npt.NDArray[np.str_]
    family: npt.NDArray[np.str_]
    architecture: npt.NDArray[np.str_]
    vcpu: npt.NDArray[np.float64]
    memory_gib: npt.NDArray[np.float64]
    pico_usd_per_hour: npt.NDArray[np.int64]
    confidence_code: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.sku)

    def offer(self, index: int) -> MachineOffer:
        """The size at ``index`` as one object."""
        return MachineOffer(
            place_id=self.place_id,
            service=self.service,
            sku=str(self.sku[index]),
            family=str(self.family[index]),
            architecture=str(self.architecture[index]),
            vcpu=float(self.vcpu[index]),
            memory_gib=float(self.memory_gib[index]),
            pico_usd_per_hour=tuple(
                None if pico_usd == NOT_SOLD else int(pico_usd) for pico_usd in self.pico_usd_per_hour[index]
            ),
            confidence=tuple(None if code == NOT_SOLD else CONFIDENCES[code] for code in self.confidence_code[index]),
        )

    def named(self, sku: str) -> MachineOffer | None:
        """The size called ``sku``, or None when it is not sold here."""
        index = int(np.searchsorted(self.sku, sku))
        if index == len(self.sku) or self.sku[index] != sku:
            return None
        return self.offer(index)
