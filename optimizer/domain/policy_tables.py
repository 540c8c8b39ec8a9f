"""Reads one statement table of a policy file: the keys of each kind, and what they may hold.

A parser writes every mistake down at its line and may raise ``InvalidPolicy`` when no statement can be made at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from optimizer.domain.estate import ROLES
from optimizer.domain.located_toml import LocatedTable, near_matches
from optimizer.domain.place import CONTINENTS
from optimizer.domain.policy import (
    ATTRIBUTES,
    Area,
    AreaStatement,
    CapacityStatement,
    FootprintStatement,
    GroupStatement,
    LatencyStatement,
    MoveBudgetStatement,
    PinStatement,
    ProviderShareStatement,
    RecoveryStatement,
    Selector,
)
from optimizer.domain.policy_contradictions import Statement
from optimizer.errors import InvalidPolicy

KINDS: Final = ("workload", "dataset")
SELECTABLE_ROLES: Final = (*ROLES, "object_storage")
RESOURCES: Final = ("vcpu", "memory_gib", "stored_gb")
"""What a capacity statement can limit: the columns of ``uses`` of every candidate."""

_ISO_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """The names that a policy may refer to."""

    place_ids: frozenset[str]
    jurisdictions: frozenset[str]

    @property
    def providers(self) -> frozenset[str]:
        """The part before the colon of every place id."""
        return frozenset(place_id.partition(":")[0] for place_id in self.place_ids)


StatementParser = Callable[[LocatedTable, KnownNames, dict[str, str]], Statement]
"""(table, known names, ``id`` and ``because``) -> the statement."""


def _selector(table: LocatedTable, known: KnownNames) -> Selector:
    jurisdictions = table.optional_strings("jurisdictions")
    for position, name in enumerate(jurisdictions):
        # A country without any cloud region is a sensible tag, so two capitals pass; a misspelt bloc or word does not.
        if name not in known.jurisdictions and not _ISO_COUNTRY.fullmatch(name):
            fix = near_matches(name, known.jurisdictions, fallback="use a code such as 'US', 'DE', 'EU'")
            table.report("jurisdictions", position, expected="a jurisdiction code", fix=f"{name!r} is unknown: {fix}")
    return Selector(
        kinds=table.optional_strings("kinds", KINDS),
        ids=table.optional_strings("ids"),
        business_units=table.optional_strings("business_units"),
        data_classes=table.optional_strings("data_classes"),
        jurisdictions=jurisdictions,
        environments=table.optional_strings("environments"),
        roles=table.optional_strings("roles", SELECTABLE_ROLES),
        services=table.optional_strings("services"),
    )


def _residency(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> AreaStatement:
    areas = {
        effect: Area(jurisdictions=table.optional_strings(f"{effect}_jurisdictions", known.jurisdictions))
        for effect in ("allow", "forbid")
    }
    return _area_statement(table, known, names, areas, "allow_jurisdictions or forbid_jurisdictions")


def _provider_policy(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> AreaStatement:
    areas = {
        effect: Area(
            places=table.optional_strings(f"{effect}_places", known.place_ids),
            providers=table.optional_strings(f"{effect}_providers", known.providers),
            continents=table.optional_strings(f"{effect}_continents", CONTINENTS),
        )
        for effect in ("allow", "forbid")
    }
    return _area_statement(table, known, names, areas, "allow_ or forbid_ with places, providers or continents")


def _area_statement(
    table: LocatedTable, known: KnownNames, names: dict[str, str], areas: dict[str, Area], expected: str
) -> AreaStatement:
    select = _selector(table, known)
    stated = [effect for effect, area in areas.items() if not area.is_empty]
    if len(stated) != 1:
        table.report(expected=f"{expected}, one of the two", fix=f"found {' and '.join(stated) or 'neither'}")
        raise InvalidPolicy(f"{names['id']}: states no single effect")
    return AreaStatement(**names, effect=stated[0], select=select, area=areas[stated[0]])


def _latency(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> LatencyStatement:
    return LatencyStatement(
        **names, select=_selector(table, known), max_rtt_ms=float(table.require_decimal("max_rtt_ms"))
    )


def _capacity(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> CapacityStatement:
    table.require_str("resource")
    return CapacityStatement(
        **names,
        resource=table.optional_choice("resource", RESOURCES, default=RESOURCES[0]),
        places=table.optional_strings("places", known.place_ids),
        maximum=float(table.require_decimal("maximum")),
    )


def _group(relation: str) -> StatementParser:
    def parse(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> GroupStatement:
        by = table.optional_choice("by", ATTRIBUTES, default="place")
        return GroupStatement(**names, relation=relation, select=_selector(table, known), by=by)

    return parse


def _recovery(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> RecoveryStatement:
    copies = table.optional_integer("copies", default=2, minimum=2)
    return RecoveryStatement(
        **names,
        select=_selector(table, known),
        copies=2 if copies is None else copies,
        distinct=table.optional_choice("distinct", ("place", "region", "provider"), default="region"),
    )


def _pin(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> PinStatement:
    return PinStatement(**names, select=_selector(table, known))


def _move_budget(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> MoveBudgetStatement:
    if not (table.has("max_moves") or table.has("max_one_off_usd")):
        table.report(expected="max_moves, max_one_off_usd or both", fix="add one of them")
    return MoveBudgetStatement(
        **names,
        max_moves=table.optional_integer("max_moves", default=None),
        max_one_off_usd=table.optional_decimal("max_one_off_usd", default=None),
    )


def _provider_share(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> ProviderShareStatement:
    table.require_str("provider")
    return ProviderShareStatement(
        **names,
        provider=table.optional_choice("provider", sorted(known.providers), default=min(known.providers, default="")),
        max_ratio=float(table.require_decimal("max_ratio", maximum=Decimal(1))),
    )


def _footprint(table: LocatedTable, known: KnownNames, names: dict[str, str]) -> FootprintStatement:
    if not table.has("places"):
        table.report(expected="places, each of which costs this much when it is used", fix="add places = [...]")
    return FootprintStatement(
        **names,
        places=table.optional_strings("places", known.place_ids),
        monthly_usd=table.require_decimal("monthly_usd"),
    )


STATEMENT_TABLES: Final[dict[str, StatementParser]] = {
    "residency": _residency,
    "provider_policy": _provider_policy,
    "latency": _latency,
    "capacity": _capacity,
    "keep_together": _group("together"),
    "keep_apart": _group("apart"),
    "recovery": _recovery,
    "pin": _pin,
    "move_budget": _move_budget,
    "provider_share": _provider_share,
    "footprint": _footprint,
}
"""Statement table of the file -> what reads one such table."""
