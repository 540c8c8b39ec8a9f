"""Everything that is placed, one row each: workloads, datasets, and recovery copies that do not exist yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.commitments import CommitmentColumns, commitment_columns
from optimizer.candidates.places import PlaceGrid
from optimizer.candidates.recovery import demanded_copies
from optimizer.candidates.vocabulary import Names
from optimizer.domain.estate import BilledMonth, Dataset, Estate, Workload
from optimizer.domain.policy import Policy

NOWHERE: Final = -1
ON_DEMAND: Final = "on_demand"
"""How datasets are bought, and every service that is not a machine."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nodes:
    """Shapes ``[node]``: workloads in the estate's order, datasets likewise, then demanded copies.

    ``things`` holds the workload or dataset itself; for a demanded copy, its primary. ``place`` is the code of
    today's place, -1 for a copy that does not exist; ``origin`` is where its bytes are today (the primary's place).
    ``billed_micro_usd`` is int64 ``[node, component]`` in the order compute, storage, requests, retrieval.
    """

    ids: tuple[str, ...]
    things: tuple[Workload | Dataset, ...]
    is_dataset: npt.NDArray[np.bool_]
    exists: npt.NDArray[np.bool_]
    is_copy: npt.NDArray[np.bool_]
    is_stale_duplicate: npt.NDArray[np.bool_]
    place: npt.NDArray[np.int32]
    origin: npt.NDArray[np.int32]
    service: npt.NDArray[np.int32]
    sku: npt.NDArray[np.int32]
    purchase: npt.NDArray[np.int32]
    billed_micro_usd: npt.NDArray[np.int64]
    labour_hours: npt.NDArray[np.float64]
    commitments: CommitmentColumns
    replica_of: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.ids)


def nodes_of(estate: Estate, policy: Policy, grid: PlaceGrid, names: Names) -> Nodes:
    """The columns, with one node for every recovery copy that the policy demands and the estate lacks."""
    stale = stale_duplicates(estate)
    copies = demanded_copies(estate, policy, stale)
    things: tuple[Workload | Dataset, ...] = (
        *estate.workloads,
        *estate.datasets,
        *(copy.primary for copy in copies),
    )
    existing = len(estate.workloads) + len(estate.datasets)
    exists = np.arange(len(things)) < existing
    origin = np.array([grid.code_of[thing.place_id] for thing in things], dtype=np.int32)
    datasets = np.array([isinstance(thing, Dataset) for thing in things], dtype=bool)
    workloads = estate.workloads
    replica_of = (
        *(None for _ in workloads),
        *(dataset.replica_of for dataset in estate.datasets),
        *(copy.primary.id for copy in copies),
    )
    billed = [_billed(thing.billed) for thing in things[:existing]] + [(0, 0, 0, 0)] * len(copies)
    return Nodes(
        ids=(*(thing.id for thing in things[:existing]), *(copy.id for copy in copies)),
        things=things,
        is_dataset=datasets,
        exists=exists,
        is_copy=np.array([primary is not None for primary in replica_of], dtype=bool),
        is_stale_duplicate=np.array([thing.id in stale for thing in things], dtype=bool) & exists,
        place=np.where(exists, origin, NOWHERE).astype(np.int32),
        origin=origin,
        service=names.services.codes(thing.service for thing in things),
        sku=names.skus.codes(thing.sku if isinstance(thing, Workload) else "" for thing in things),
        purchase=names.purchases.codes(
            thing.purchase if isinstance(thing, Workload) else ON_DEMAND for thing in things
        ),
        billed_micro_usd=np.array(billed, dtype=np.int64).reshape(-1, 4),
        labour_hours=np.array(
            [thing.migration_labour_hours if isinstance(thing, Workload) else np.nan for thing in things],
            dtype=np.float64,
        ),
        replica_of=replica_of,
        commitments=commitment_columns(things, estate, grid, names),
    )


def stale_duplicates(estate: Estate) -> frozenset[str]:
    """Datasets with the content of another that no flow touches and no copy depends on: they can be deleted."""
    touched = {end for flow in estate.flows for end in (flow.source_id, flow.target_id)}
    needed = touched | {dataset.replica_of for dataset in estate.datasets if dataset.replica_of}
    return frozenset(
        dataset.id for dataset in estate.datasets if dataset.duplicate_of is not None and dataset.id not in needed
    )


def _billed(billed: BilledMonth) -> tuple[int, int, int, int]:
    return (
        billed.compute_micro_usd,
        billed.storage_micro_usd,
        billed.requests_micro_usd,
        billed.retrieval_micro_usd,
    )
