"""Price of moving bytes between every pair of places, worked out once per book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from optimizer.domain.place import Place
from optimizer.pricing.columns import codes_of, pico_usd_of, texts_of
from optimizer.pricing.index import PriceIndex
from optimizer.pricing.names import CONFIDENCES, INTERNET_METER, NOT_SOLD, QUOTED_UNITS, transfer_service


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransferMatrix:
    """``pico_usd_per_gb`` int64 and ``confidence_code`` int8, both ``[from, to]`` over all places; -1 = not priced."""

    pico_usd_per_gb: npt.NDArray[np.int64]
    confidence_code: npt.NDArray[np.int8]


def build_transfers(index: PriceIndex, tables: Mapping[str, pa.Table], places: Sequence[Place]) -> TransferMatrix:
    """Nothing inside a place, the transfers table inside a provider, internet egress of the sender across providers."""
    shape = (len(places), len(places))
    pico_usd, confidence = np.full(shape, NOT_SOLD, dtype=np.int64), np.full(shape, NOT_SOLD, dtype=np.int8)
    provider = np.array([place.provider for place in places])
    across = provider[:, None] != provider[None, :]
    for sender, place in enumerate(places):
        egress = _internet_egress(index, tables["rows"], place)
        if egress is not None:
            pico_usd[sender, across[sender]], confidence[sender, across[sender]] = egress
    table = tables["transfers"]
    place_ids = tuple(place.id for place in places)
    pair = codes_of(table["from_place_id"], place_ids), codes_of(table["to_place_id"], place_ids)
    gb_per_unit = np.array([QUOTED_UNITS[unit][1] for unit in texts_of(table["unit"])])
    pico_usd[pair] = np.rint(pico_usd_of(table["unit_price"]) / gb_per_unit).astype(np.int64)
    confidence[pair] = codes_of(table["confidence"], CONFIDENCES)
    np.fill_diagonal(pico_usd, 0)
    np.fill_diagonal(confidence, 0)
    return TransferMatrix(pico_usd_per_gb=pico_usd, confidence_code=confidence)


def _internet_egress(index: PriceIndex, rows: pa.Table, place: Place) -> tuple[int, int] | None:
    found = index.positions(
        service=transfer_service(place.provider), meter=INTERNET_METER, place_id=place.id, purchase="on_demand"
    )
    if len(found) == 0:
        return None
    row = int(index.row[found[0]])
    gb_per_unit = QUOTED_UNITS[str(rows["unit"][row].as_py())][1]
    code = CONFIDENCES.index(rows["confidence"][row].as_py())
    return round(int(index.pico_usd[found[0]]) / gb_per_unit), code
