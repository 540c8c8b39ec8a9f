"""What a company demands of any placement: the statements of its policy file, not yet tied to an estate.

A statement has an ``id`` (shown wherever it forbids or costs something) and ``because`` (the law or decision behind
it). Its selector says which workloads and datasets it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from optimizer.domain.estate import Dataset, Workload
from optimizer.errors import InvalidPolicy

ATTRIBUTES: Final = ("place", "region", "provider", "continent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which workloads and datasets a statement is about; an empty field selects all, fields combine with *and*."""

    kinds: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    business_units: tuple[str, ...] = ()
    data_classes: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    def selects(self, thing: Workload | Dataset) -> bool:
        """Whether every named field agrees with the workload or dataset."""
        kind = "workload" if isinstance(thing, Workload) else "dataset"
        role = thing.role if isinstance(thing, Workload) else "object_storage"
        facts = (
            (self.kinds, kind),
            (self.ids, thing.id),
            (self.business_units, thing.tags.business_unit),
            (self.data_classes, thing.tags.data_class),
            (self.jurisdictions, thing.tags.jurisdiction),
            (self.environments, thing.tags.environment),
            (self.roles, role),
            (self.services, thing.service),
        )
        return all(not wanted or fact in wanted for wanted, fact in facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A set of places: those with any of the listed places, providers, continents or jurisdictions."""

    places: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    continents: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is listed."""
        return not (self.places or self.providers or self.continents or self.jurisdictions)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaStatement:
    """Residency and provider policy: the selected things must lie in (``allow``) or outside (``forbid``) the area."""

    id: str
    effect: str
    select: Selector
    area: Area
    because: str = ""

    def __post_init__(self) -> None:
        if self.effect not in ("allow", "forbid"):
            raise InvalidPolicy(f"{self.id}: effect {self.effect!r} is unknown; expected 'allow' or 'forbid'")
        if self.area.is_empty:
            raise InvalidPolicy(f"{self.id}: names no place, provider, continent or jurisdiction")


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyStatement:
    """Flows between selected things may not cross places with a longer round trip."""

    id: str
    select: Selector
    max_rtt_ms: float
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityStatement:
    """At most ``maximum`` of a resource (``vcpu``, ``stored_gb``) in the listed places together (none: anywhere)."""

    id: str
    resource: str
    places: tuple[str, ...]
    maximum: float
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatement:
    """The selected things share (``together``) or never share (``apart``) a place, region, provider or continent."""

    id: str
    relation: str
    select: Selector
    by: str
    because: str = ""

    def __post_init__(self) -> None:
        if self.relation not in ("together", "apart"):
            raise InvalidPolicy(f"{self.id}: relation {self.relation!r} is unknown; expected 'together' or 'apart'")
        if self.by not in ATTRIBUTES:
            raise InvalidPolicy(f"{self.id}: by {self.by!r} is unknown; expected one of {list(ATTRIBUTES)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryStatement:
    """Selected datasets are kept ``copies`` times in as many different places, regions or providers."""

    id: str
    select: Selector
    copies: int
    distinct: str = "region"
    because: str = ""

    def __post_init__(self) -> None:
        if self.copies < 2:
            raise InvalidPolicy(f"{self.id}: copies is {self.copies}; a recovery statement asks for at least 2")
        if self.distinct not in ("place", "region", "provider"):
            raise InvalidPolicy(f"{self.id}: distinct {self.distinct!r} is unknown; expected place, region or provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinStatement:
    """Selected things stay as they are."""

    id: str
    select: Selector
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBudgetStatement:
    """At most so many moves, or so much one-off money, or both."""

    id: str
    max_moves: int | None = None
    max_one_off_usd: Decimal | None = None
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderShareStatement:
    """At most this share of the plan's monthly option cost with one provider."""

    id: str
    provider: str
    max_ratio: float
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FootprintStatement:
    """Being present in a place at all costs this much a month (landing zone, link, support)."""

    id: str
    places: tuple[str, ...]
    monthly_usd: Decimal
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole policy file. ``candidate_places`` empty means: only the places in use today."""

    name: str
    horizon_months: int = 36
    labour_usd_per_hour: Decimal = Decimal(120)
    dual_run_months: float = 1.0
    utilisation_target_ratio: float = 0.7
    purchases: tuple[str, ...] = ("on_demand",)
    candidate_places: tuple[str, ...] = ()
    areas: tuple[AreaStatement, ...] = ()
    latencies: tuple[LatencyStatement, ...] = ()
    capacities: tuple[CapacityStatement, ...] = ()
    groups: tuple[GroupStatement, ...] = ()
    recoveries: tuple[RecoveryStatement, ...] = ()
    pins: tuple[PinStatement, ...] = ()
    move_budgets: tuple[MoveBudgetStatement, ...] = ()
    provider_shares: tuple[ProviderShareStatement, ...] = ()
    footprints: tuple[FootprintStatement, ...] = ()
    statement_ids: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.horizon_months < 1:
            raise InvalidPolicy(f"horizon_months is {self.horizon_months}; expected at least 1")
        ids = [
            statement.id
            for family in (
                self.areas,
                self.latencies,
                self.capacities,
                self.groups,
                self.recoveries,
                self.pins,
                self.move_budgets,
                self.provider_shares,
                self.footprints,
            )
            for statement in family
        ]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise InvalidPolicy(f"statement id {twice[0]!r} is used twice; every statement needs a name of its own")
        object.__setattr__(self, "statement_ids", tuple(ids))
