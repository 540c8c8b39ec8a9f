"""What access signals say about the flows of an estate: who really read and wrote what, and how much.

Amounts are GB a month over the estate's billing months. A source that watched a part of that time is scaled up by the
part that it watched, which is stated; one that watched less than ``LEAST_COVERED_RATIO`` is not used. Several sources
that see the same pair see the same traffic: the one that watched most is believed (of equals, the larger amount), and
sources are never added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from collectors.estate.outcome import EstateOddity
from collectors.estate.signal_oddities import coverage_oddities, pair_oddities, stranger_oddities
from collectors.inventory import BandRow, Inventory
from collectors.signals.kinds import kind_of
from collectors.signals.ownership import Ownership
from collectors.signals.store import SignalStore
from collectors.signals.totals import AccessTotal, access_totals, covered_ratios

LEAST_COVERED_RATIO: Final = 0.2
COMPLETE_RATIO: Final = 0.999
MOST_UNMEASURED_RATIO: Final = 0.05
"""A sum with more requests than this that do not say their bytes is no measurement."""
_BYTES_PER_GB: Final = 1e9
_DIRECTIONS: Final = {"read": "read", "write": "write"}

PairKey = tuple[str, str, str]
"""Workload, dataset, direction (``read`` or ``write``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPair:
    """One workload's reads or writes of one dataset. ``gb_per_month`` is None when the signals say who and not how
    much; ``covered_ratio`` is the least that any of its scopes was watched."""

    gb_per_month: float | None
    source: str
    covered_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen: flows by pair, all that was retrieved of datasets watched completely, and what is odd."""

    pairs: Mapping[PairKey, ObservedPair] = field(default_factory=dict)
    retrieved_gb_per_month: Mapping[str, float] = field(default_factory=dict)
    oddities: tuple[EstateOddity, ...] = ()


@dataclass(slots=True)
class _Sum:
    gb_per_month: float = 0.0
    requests: int = 0
    requests_without_bytes: int = 0
    covered_ratio: float = 1.0

    def add(self, total: AccessTotal, ratio: float, months: int) -> None:
        self.gb_per_month += total.moved_bytes / _BYTES_PER_GB / ratio / months
        self.requests += total.requests
        self.requests_without_bytes += total.requests_without_bytes
        self.covered_ratio = min(self.covered_ratio, ratio)

    @property
    def measured_gb(self) -> float | None:
        unmeasured = self.requests_without_bytes > MOST_UNMEASURED_RATIO * self.requests
        return None if unmeasured else self.gb_per_month


def observe(signals: SignalStore, inventory: Inventory, months: Sequence[str]) -> Observed:
    """What the signals of the months say about the things of the inventory.

    Raises:
        StoreError: the signals cannot be read.
    """
    ownership = Ownership(inventory, signals.symlinks())
    ratios = covered_ratios(signals.coverage(), months)
    totals = [
        total
        for total in access_totals(signals, months)
        if ratios.get((total.source, total.scope), 0.0) >= LEAST_COVERED_RATIO
    ]
    pairs = _pairs(totals, ownership, ratios, len(months))
    complete = _complete(ownership, ratios)
    in_inventory = {(row.workload_id, row.dataset_id, row.direction) for row in inventory.lineage}
    known = {key: pair.gb_per_month for key, pair in pairs.items()}
    return Observed(
        pairs=pairs,
        retrieved_gb_per_month=_retrieved(totals, ownership, complete, len(months)),
        oddities=(
            *coverage_oddities(ratios, least=LEAST_COVERED_RATIO, complete=COMPLETE_RATIO),
            *stranger_oddities(totals, ownership, ratios, len(months)),
            *pair_oddities(known, in_inventory, {dataset_id for dataset_id, _ in complete}),
        ),
    )


def with_observed_retrieval(inventory: Inventory, observed: Observed) -> Inventory:
    """The inventory with the bands of completely watched datasets scaled to what was retrieved of them.

    The bands keep their shares; a dataset whose bands claim no retrieval gets it in proportion to what they store.
    """
    rows: defaultdict[str, list[BandRow]] = defaultdict(list)
    for row in inventory.dataset_bands:
        rows[row.dataset_id].append(row)
    scaled = {
        id(row): replace(row, retrieved_gb_per_month=amount)
        for dataset_id, total in observed.retrieved_gb_per_month.items()
        for row, amount in zip(rows[dataset_id], _shared(total, rows[dataset_id]), strict=True)
    }
    return replace(inventory, dataset_bands=tuple(scaled.get(id(row), row) for row in inventory.dataset_bands))


def _pairs(
    totals: Iterable[AccessTotal], ownership: Ownership, ratios: Mapping[tuple[str, str], float], months: int
) -> dict[PairKey, ObservedPair]:
    sums: defaultdict[PairKey, defaultdict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    for total in totals:
        workload_id = ownership.workload_of(principal=total.principal, job=total.job)
        dataset_id = ownership.dataset_of(total.dataset_uri)
        direction = _DIRECTIONS.get(total.op)
        if workload_id is not None and dataset_id is not None and direction is not None:
            found = sums[workload_id, dataset_id, direction][total.source]
            found.add(total, ratios[total.source, total.scope], months)
    return {key: _believed(by_source) for key, by_source in sorted(sums.items())}


def _believed(by_source: Mapping[str, _Sum]) -> ObservedPair:
    """The source that measured, watched most, and saw most, in this order; ties: the smaller name."""

    def rank(source: str) -> tuple[bool, float, float, str]:
        found = by_source[source]
        return found.measured_gb is None, -found.covered_ratio, -found.gb_per_month, source

    source = min(by_source, key=rank)
    best = by_source[source]
    return ObservedPair(gb_per_month=best.measured_gb, source=source, covered_ratio=best.covered_ratio)


def _complete(ownership: Ownership, ratios: Mapping[tuple[str, str], float]) -> frozenset[tuple[str, str]]:
    """(dataset, source) where the source sees every access and watched all of the dataset all of the time."""
    watched: defaultdict[str, set[str]] = defaultdict(set)
    for (source, scope), ratio in ratios.items():
        if ratio >= COMPLETE_RATIO and kind_of(source).proves_absence:
            watched[source].add(scope)
    return frozenset(
        (dataset_id, source)
        for dataset_id, uris in ownership.uris.items()
        for source, scopes in watched.items()
        if all(uri.scope in scopes for uri in uris)
    )


def _retrieved(
    totals: Iterable[AccessTotal], ownership: Ownership, complete: frozenset[tuple[str, str]], months: int
) -> dict[str, float]:
    """GB a month out of each completely watched dataset, whoever read it.

    A restored object is read afterwards, so of reads and restores the larger sum counts; of several sources that
    measured, the larger.
    """
    sums: defaultdict[tuple[str, str], defaultdict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    for key in complete:
        sums[key]["read"] = _Sum()
    for total in totals:
        key = (ownership.dataset_of(total.dataset_uri) or "", total.source)
        if key in complete and total.op != "write":
            sums[key][total.op].add(total, 1.0, months)
    found: dict[str, float] = {}
    for (dataset_id, _), by_op in sorted(sums.items()):
        amounts = [each.measured_gb for each in by_op.values()]
        known = [amount for amount in amounts if amount is not None]
        if len(known) == len(amounts):
            found[dataset_id] = max(found.get(dataset_id, 0.0), *known)
    return found


def _shared(total_gb: float, bands: Sequence[BandRow]) -> list[float]:
    weights = [band.retrieved_gb_per_month for band in bands]
    if not any(weights):
        weights = [band.stored_gb for band in bands]
    whole = sum(weights)
    return [total_gb * weight / whole if whole else total_gb / len(bands) for weight in weights]
