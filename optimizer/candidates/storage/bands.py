"""Datasets with equally many age bands as columns."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.candidates.months import DAYS_PER_MONTH
from optimizer.candidates.nodes import Nodes
from optimizer.domain.estate import AgeBand, Dataset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BandColumns:
    """``node`` .. ``is_copy`` are ``[dataset]``, the rest ``[dataset, band]`` from the youngest band to the oldest.

    ``needs_online`` says that a band is read, or is a copy of one that is: it must answer at once when it is asked
    for, after a disaster at the latest. Quantities are a month's. ``ageing_gb`` and ``ageing_objects`` are what
    passes into a band from the younger one in a month: what is written, but no more than the younger band holds
    divided by the months it spans; 0 for the first band. Recovery copies are not read: their ``retrieved_gb`` and
    ``get_requests`` are 0. ``tier`` is today's tier (of a demanded copy: the primary's).
    """

    node: npt.NDArray[np.int32]
    written_gb: npt.NDArray[np.float64]
    put_requests: npt.NDArray[np.float64]
    is_copy: npt.NDArray[np.bool_]
    tier: npt.NDArray[np.object_]
    min_age_days: npt.NDArray[np.float64]
    max_age_days: npt.NDArray[np.float64]
    stored_gb: npt.NDArray[np.float64]
    objects: npt.NDArray[np.float64]
    retrieved_gb: npt.NDArray[np.float64]
    get_requests: npt.NDArray[np.float64]
    needs_online: npt.NDArray[np.bool_]
    ageing_gb: npt.NDArray[np.float64]
    ageing_objects: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.node)

    @property
    def bands(self) -> int:
        """How many bands each dataset here has."""
        return int(self.stored_gb.shape[1])

    def where(self, rows: npt.NDArray[np.int64]) -> BandColumns:
        """The datasets at ``rows``, in that order."""
        return BandColumns(**{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS = tuple(column.name for column in dataclasses.fields(BandColumns))


def band_columns(nodes: Nodes) -> tuple[BandColumns, ...]:
    """One group per number of bands, ascending; datasets without a band are in none (nothing is stored)."""
    groups: dict[int, list[int]] = {}
    for node, thing in enumerate(nodes.things):
        if isinstance(thing, Dataset) and thing.bands:
            groups.setdefault(len(thing.bands), []).append(node)
    return tuple(_columns(nodes, groups[count]) for count in sorted(groups))


def _columns(nodes: Nodes, members: list[int]) -> BandColumns:
    datasets = [thing for thing in (nodes.things[node] for node in members) if isinstance(thing, Dataset)]
    rows = [sorted(dataset.bands, key=_age) for dataset in datasets]
    is_copy = nodes.is_copy[members]
    originals = _originals(nodes, members)
    read = np.where(is_copy, 0.0, 1.0)[:, None]
    stored_gb = np.array([[band.stored_gb for band in row] for row in rows])
    objects = np.array([[band.object_count for band in row] for row in rows])
    min_age = np.array([[band.min_age_days for band in row] for row in rows], dtype=np.float64)
    written_gb = np.array([dataset.written_gb_per_month for dataset in datasets])
    ageing_gb, ageing_objects = _ageing(written_gb, stored_gb, objects, min_age)
    return BandColumns(
        node=np.array(members, dtype=np.int32),
        written_gb=written_gb,
        put_requests=np.array([dataset.put_requests_per_month for dataset in datasets]),
        is_copy=is_copy,
        tier=np.array([[band.tier for band in row] for row in rows], dtype=object),
        min_age_days=min_age,
        max_age_days=np.array(
            [[np.inf if band.max_age_days is None else band.max_age_days for band in row] for row in rows],
            dtype=np.float64,
        ),
        stored_gb=stored_gb,
        objects=objects,
        retrieved_gb=np.array([[band.retrieved_gb_per_month for band in row] for row in rows]) * read,
        get_requests=np.array([[band.get_requests_per_month for band in row] for row in rows]) * read,
        needs_online=np.array(
            [[_is_read(band, original) for band in row] for row, original in zip(rows, originals, strict=True)],
            dtype=bool,
        ),
        ageing_gb=ageing_gb,
        ageing_objects=ageing_objects,
    )


def _originals(nodes: Nodes, members: list[int]) -> list[Dataset | None]:
    """The primary of each declared replica; None for what is not one (a demanded copy has its primary's bands)."""
    by_id = {thing.id: thing for thing in nodes.things if isinstance(thing, Dataset)}
    replicas = (nodes.replica_of[node] if nodes.exists[node] else None for node in members)
    return [None if primary is None else by_id[primary] for primary in replicas]


def _is_read(band: AgeBand, original: Dataset | None) -> bool:
    """Whether a band is read or covers an age at which its original is."""
    alike = (band,) if original is None else (band, *(other for other in original.bands if _overlap(band, other)))
    return any(found.retrieved_gb_per_month > 0 or found.get_requests_per_month > 0 for found in alike)


def _overlap(one: AgeBand, other: AgeBand) -> bool:
    return one.min_age_days < _age(other)[1] and other.min_age_days < _age(one)[1]


def _age(band: AgeBand) -> tuple[int, float]:
    return band.min_age_days, float("inf") if band.max_age_days is None else band.max_age_days


def _ageing(
    written_gb: npt.NDArray[np.float64],
    stored_gb: npt.NDArray[np.float64],
    objects: npt.NDArray[np.float64],
    min_age_days: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    gb, passing = np.zeros_like(stored_gb), np.zeros_like(stored_gb)
    for band in range(1, stored_gb.shape[1]):
        months = np.diff(min_age_days[:, band - 1 : band + 1], axis=1)[:, 0] / DAYS_PER_MONTH
        younger = stored_gb[:, band - 1]
        at_most = np.divide(younger, months, out=younger.copy(), where=months > 0)
        gb[:, band] = np.where(younger > 0, np.minimum(written_gb, at_most), 0.0)
        share = np.divide(gb[:, band], younger, out=np.zeros_like(younger), where=younger > 0)
        passing[:, band] = objects[:, band - 1] * share
    return gb, passing
