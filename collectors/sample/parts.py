"""What the sample platform consists of, before it becomes an inventory and bills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from collectors.inventory.rows import BandRow, DatasetRow, WorkloadRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A month's use of one priced meter of the book, billed to ``resource_id`` by ``vendor``.

    ``quantity`` is in the unit of the book's schedule (GB-month, GB, request, hour, credit, DBU, DPU-hour) in the
    middle month. ``rhythm`` says how it spreads over days (``calendar.RHYTHMS``). ``to_place`` is set for data
    transfer only, whose price depends on the pair. ``commitment_id`` is set where a commitment pays.
    """

    vendor: str
    service: str
    meter: str
    place: str
    resource_id: str | None
    quantity: float
    rhythm: str
    purchase: str = "on_demand"
    to_place: str | None = None
    commitment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWorkload:
    """A workload with the resources and meters that it is billed by. ``causes`` are the reasons why it wastes money.

    ``listed`` is False for what runs and is billed but that nobody entered into the inventory.
    """

    row: WorkloadRow
    uses: tuple[Use, ...]
    consumers: tuple[tuple[str, float], ...] = ()
    causes: frozenset[str] = frozenset()
    steady: bool = False
    listed: bool = True

    @property
    def resource_ids(self) -> tuple[str, ...]:
        """Every resource id on the bills, in order of first use."""
        return tuple(dict.fromkeys(use.resource_id for use in self.uses if use.resource_id is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDataset:
    """A dataset with its age bands; its reads are already spread over the bands."""

    row: DatasetRow
    resource_id: str
    bands: tuple[BandRow, ...]
    objects_per_gb: float
    causes: frozenset[str] = frozenset()
    listed: bool = True

    @property
    def stored_gb(self) -> float:
        """GB in all bands together."""
        return sum(band.stored_gb for band in self.bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A workload reads or writes so much of a dataset a month."""

    workload_id: str
    dataset_id: str
    direction: str
    gb_per_month: float
    max_rtt_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCommitment:
    """A standing promise to pay for ``capacity`` machines of ``sku`` around the clock, of which ``used`` run."""

    id: str
    vendor: str
    service: str
    place: str
    purchase: str
    ends_on: date
    capacity_by_sku: tuple[tuple[str, float], ...]
    used_by_sku: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Everything that runs and is kept, before pricing."""

    workloads: tuple[SampleWorkload, ...]
    datasets: tuple[SampleDataset, ...]
    edges: tuple[Edge, ...]
    commitments: tuple[SampleCommitment, ...]
