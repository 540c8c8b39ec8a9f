"""What datasets pay to leave where they are, looked up once for all places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.candidates.context import Context
from optimizer.candidates.storage.bands import BandColumns, band_columns
from optimizer.candidates.storage.moves import SourceCharges, source_charges
from optimizer.candidates.storage.tier_rates import TierRates, tier_rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DatasetGroup:
    """Datasets with equally many bands, and what it costs once to read and delete them where they are today."""

    bands: BandColumns
    source: SourceCharges


def dataset_groups(context: Context) -> tuple[DatasetGroup, ...]:
    """One group per number of bands. A service or tier that the book does not price leaves NaN."""
    return tuple(DatasetGroup(bands=bands, source=_source(context, bands)) for bands in band_columns(context.nodes))


def by_todays_home(
    context: Context, bands: BandColumns
) -> Iterator[tuple[npt.NDArray[np.int64], str, str, TierRates | None]]:
    """Rows of ``bands`` by (service, place) of today, with the rates there."""
    nodes = context.nodes
    homes = np.stack([nodes.service[bands.node], nodes.origin[bands.node]], axis=1)
    kinds, kind_of = np.unique(homes, axis=0, return_inverse=True)
    for kind, (service_code, place_code) in enumerate(kinds):
        rows = np.flatnonzero(kind_of.reshape(-1) == kind)
        service, place_id = context.names.services.names[service_code], context.grid.places[place_code].id
        yield rows, service, place_id, tier_rates(context, service, place_id, asked_by=0)


def _source(context: Context, bands: BandColumns) -> SourceCharges:
    shape = bands.stored_gb.shape
    columns = {name: np.full(shape, np.nan) for name in ("read_requests", "retrieval", "early_delete")}
    tier = np.full(shape, -1, dtype=np.int8)
    for rows, service, place_id, rates in by_todays_home(context, bands):
        found = source_charges(bands.where(rows), rates)
        for name in set(bands.tier[rows][found.tier < 0].tolist()):
            context.note_missing(service=service, place_id=place_id, meter=f"storage.{name}", asked_by=len(rows))
        tier[rows] = found.tier
        for name, column in columns.items():
            column[rows] = getattr(found, name)
    columns["early_delete"] = np.where(context.nodes.exists[bands.node][:, None], columns["early_delete"], 0.0)
    return SourceCharges(tier=tier, **columns)
