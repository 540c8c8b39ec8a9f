"""What-if on prices: the same tables with some unit prices multiplied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.pricing.columns import equals, pico_usd_of, prices_of, texts_of
from optimizer.pricing.errors import NothingToScale
from optimizer.pricing.names import transfer_service

INTER_REGION_METER = "inter_region"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSelection:
    """Which prices are meant: those that match every field that is not None."""

    provider: str | None
    service: str | None
    place_id: str | None
    meter_prefix: str | None

    def of_rows(self, rows: pa.Table) -> npt.NDArray[np.bool_]:
        """Bool ``[row]`` over a table of ``schema.ROWS``."""
        chosen = np.ones(rows.num_rows, dtype=bool)
        for column, wanted in (("provider", self.provider), ("service", self.service), ("place_id", self.place_id)):
            if wanted is not None:
                chosen &= equals(rows[column], wanted)
        if self.meter_prefix is not None:
            chosen &= pc.starts_with(rows["meter"], self.meter_prefix).to_numpy()
        return chosen

    def of_transfers(self, transfers: pa.Table) -> npt.NDArray[np.bool_]:
        """Bool ``[row]`` over a table of ``schema.TRANSFERS``, each row read as ``<provider>_transfer``."""
        senders = texts_of(transfers["from_place_id"])
        is_meter = self.meter_prefix is None or INTER_REGION_METER.startswith(self.meter_prefix)
        return np.array([is_meter and self._is_sender(sender) for sender in senders], dtype=np.bool_)

    def _is_sender(self, place_id: str) -> bool:
        provider = place_id.partition(":")[0]
        return (
            self.provider in (None, provider)
            and self.service in (None, transfer_service(provider))
            and self.place_id in (None, place_id)
        )


def scaled_tables(tables: Mapping[str, pa.Table], selection: PriceSelection, ratio: Decimal) -> dict[str, pa.Table]:
    """The tables with the selected unit prices times ``ratio``, rounded half to even to a pico-USD.

    Raises:
        ValueError: ``ratio`` is negative or not finite.
        NothingToScale: no row of either table is selected.
    """
    if not ratio.is_finite() or ratio < 0:
        raise ValueError(f"the ratio of a price change must be a finite number of at least 0, not {ratio}")
    chosen = {"rows": selection.of_rows(tables["rows"]), "transfers": selection.of_transfers(tables["transfers"])}
    if not any(mask.any() for mask in chosen.values()):
        raise NothingToScale(f"no price matches {selection}; check the names against `rows()`", table="rows")
    return dict(tables) | {name: _times(tables[name], mask, ratio) for name, mask in chosen.items()}


def _times(table: pa.Table, chosen: npt.NDArray[np.bool_], ratio: Decimal) -> pa.Table:
    pico_usd = pico_usd_of(table["unit_price"])
    distinct, position = np.unique(pico_usd[chosen], return_inverse=True)
    scaled = [int((Decimal(int(amount)) * ratio).to_integral_value(rounding=ROUND_HALF_EVEN)) for amount in distinct]
    pico_usd[chosen] = np.array(scaled, dtype=np.int64)[position]
    column = table.schema.get_field_index("unit_price")
    return table.set_column(column, table.schema.field(column), prices_of(pico_usd))
