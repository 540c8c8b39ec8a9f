"""What a company runs and keeps today: workloads, datasets, the flows between them, and what each costs on the bill.

An estate is a statement of fact. Where something could live instead is decided by ``optimizer.candidates``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from optimizer.errors import InvalidEstate

Role = Literal["virtual_machine", "batch_compute", "sql_warehouse"]
ROLES: Final[tuple[str, ...]] = ("virtual_machine", "batch_compute", "sql_warehouse")
COMPONENTS: Final = ("compute", "storage", "requests", "retrieval", "unitemised")
"""What a monthly cost consists of, in the column order of every ``[option, component]`` array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledMonth:
    """Average monthly effective cost on the bill, without data transfer, in micro-USD per component."""

    compute_micro_usd: int = 0
    storage_micro_usd: int = 0
    requests_micro_usd: int = 0
    retrieval_micro_usd: int = 0

    @property
    def total_micro_usd(self) -> int:
        """Sum of the components."""
        return self.compute_micro_usd + self.storage_micro_usd + self.requests_micro_usd + self.retrieval_micro_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The work itself, measured, a month, independent of the service that does it.

    ``instances`` machines each need ``peak_vcpu`` and ``memory_gib`` at once and are up for ``running_hours``
    (at most 730). ``vcpu_hours`` is the CPU work really done by all of them together. ``scanned_gb`` is what SQL
    engines that bill by scan would read. ``interruptible`` work tolerates spot machines.
    """

    vcpu_hours: float
    memory_gib: float
    peak_vcpu: float
    running_hours: float
    instances: int = 1
    scanned_gb: float = 0.0
    interruptible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Where people or systems wait for a workload, and how long the round trip may take."""

    place_id: str
    max_rtt_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What policies select by."""

    business_unit: str
    environment: str = "production"
    data_class: str = "internal"
    jurisdiction: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Something that runs: a Spark job group, a warehouse, brokers, an application.

    ``sku`` is the machine type, warehouse edition or DBU meter in use today. ``committed_micro_usd`` is the part of
    the monthly effective cost that existing commitments cover; it is owed until ``commitment_id`` ends.
    """

    id: str
    name: str
    role: str
    place_id: str
    service: str
    sku: str
    purchase: str
    tags: Tags
    demand: Demand
    billed: BilledMonth
    resource_ids: tuple[str, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    migration_labour_hours: float = 0.0
    committed_micro_usd: int = 0
    commitment_id: str | None = None
    billing_account_id: str = ""
    sub_account_id: str = ""

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise InvalidEstate(f"workload {self.id!r}: role {self.role!r} is unknown; expected one of {list(ROLES)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """The part of a dataset last touched between ``min_age_days`` and ``max_age_days`` (None: any older) ago."""

    tier: str
    min_age_days: int
    max_age_days: int | None
    stored_gb: float
    object_count: float
    retrieved_gb_per_month: float = 0.0
    get_requests_per_month: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Something that is kept in object storage, split by age.

    ``replica_of`` names the primary of a declared recovery copy; ``duplicate_of`` names a dataset with the same
    content that was never declared one.
    """

    id: str
    name: str
    place_id: str
    service: str
    tags: Tags
    bands: tuple[AgeBand, ...]
    billed: BilledMonth
    written_gb_per_month: float = 0.0
    put_requests_per_month: float = 0.0
    replica_of: str | None = None
    duplicate_of: str | None = None
    resource_ids: tuple[str, ...] = ()
    billing_account_id: str = ""
    sub_account_id: str = ""

    @property
    def stored_gb(self) -> float:
        """GB in all bands together."""
        return sum(band.stored_gb for band in self.bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Data that moves every month from one workload or dataset to another."""

    source_id: str
    target_id: str
    gb_per_month: float
    max_rtt_ms: float | None = None
    observed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A promise to pay that already stands: a reservation, savings plan, committed use, prepaid capacity."""

    id: str
    provider: str
    service: str
    place_id: str | None
    monthly_micro_usd: int
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Everything that is placed together. Validated: every reference resolves, no id stands twice.

    Raises:
        InvalidEstate: an id is used twice or a reference leads nowhere; the message names both ends.
    """

    name: str
    as_of_on: date
    billing_months: tuple[str, ...]
    workloads: tuple[Workload, ...]
    datasets: tuple[Dataset, ...]
    flows: tuple[Flow, ...]
    commitments: tuple[Commitment, ...] = ()
    currency: str = "USD"
    _known_ids: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for thing in self.things:
            if thing.id in seen:
                raise InvalidEstate(f"{thing.id!r} is used by two workloads or datasets; every id must be unique")
            seen.add(thing.id)
        object.__setattr__(self, "_known_ids", frozenset(seen))
        for flow in self.flows:
            for end in (flow.source_id, flow.target_id):
                if end not in seen:
                    raise InvalidEstate(
                        f"flow {flow.source_id!r} -> {flow.target_id!r}: {end!r} is not in the estate; "
                        "add it to the inventory or remove the flow"
                    )
        dataset_ids = {dataset.id for dataset in self.datasets}
        for dataset in self.datasets:
            for kind, other in (("replica_of", dataset.replica_of), ("duplicate_of", dataset.duplicate_of)):
                if other is not None and (other not in dataset_ids or other == dataset.id):
                    raise InvalidEstate(
                        f"dataset {dataset.id!r}: {kind} {other!r} is not another dataset of the estate"
                    )
        commitment_ids = {commitment.id for commitment in self.commitments}
        for workload in self.workloads:
            if workload.commitment_id is not None and workload.commitment_id not in commitment_ids:
                raise InvalidEstate(
                    f"workload {workload.id!r}: commitment {workload.commitment_id!r} is not in the estate"
                )

    @property
    def things(self) -> tuple[Workload | Dataset, ...]:
        """Every workload, then every dataset."""
        return (*self.workloads, *self.datasets)

    @property
    def place_ids(self) -> tuple[str, ...]:
        """Every place in use today, sorted."""
        return tuple(sorted({thing.place_id for thing in self.things}))
