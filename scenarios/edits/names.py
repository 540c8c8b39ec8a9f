"""Names that a scenario file may refer to, and the readers of what several edits have in common."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from optimizer.domain.located_toml import LocatedTable
from optimizer.domain.policy import Selector
from optimizer.domain.policy_tables import KINDS, SELECTABLE_ROLES
from optimizer.explain.placement import SOLD_BY_THEMSELVES
from scenarios.inputs import PlanningInputs

MAXIMUM_RATIO = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """What the estate, the price book and the policy hold."""

    place_ids: frozenset[str]
    providers: frozenset[str]
    sellers: frozenset[str]
    services: frozenset[str]
    jurisdictions: frozenset[str]
    statement_ids: frozenset[str]
    node_ids: frozenset[str]
    business_units: frozenset[str]
    data_classes: frozenset[str]
    environments: frozenset[str]

    @classmethod
    def of(cls, inputs: PlanningInputs) -> KnownNames:
        """The names of these inputs."""
        things, places = tuple(inputs.things()), inputs.prices.places
        providers = frozenset(place.provider for place in places)
        tagged = frozenset(thing.tags.jurisdiction for thing in things)
        return cls(
            place_ids=frozenset(place.id for place in places),
            providers=providers,
            sellers=providers.union(SOLD_BY_THEMSELVES),
            services=frozenset(service for place in places for service in inputs.prices.services_at(place.id)),
            jurisdictions=frozenset(name for place in places for name in place.jurisdictions) | tagged - {""},
            statement_ids=frozenset(inputs.policy.statement_ids),
            node_ids=frozenset(thing.id for thing in things),
            business_units=frozenset(thing.tags.business_unit for thing in things),
            data_classes=frozenset(thing.tags.data_class for thing in things),
            environments=frozenset(thing.tags.environment for thing in things),
        )


def read_selector(table: LocatedTable, known: KnownNames) -> Selector:
    """The selector keys of a table, as in policy files; no key selects everything."""
    return Selector(
        kinds=table.optional_strings("kinds", KINDS),
        ids=table.optional_strings("ids", known.node_ids),
        business_units=table.optional_strings("business_units", known.business_units),
        data_classes=table.optional_strings("data_classes", known.data_classes),
        jurisdictions=table.optional_strings("jurisdictions", known.jurisdictions),
        environments=table.optional_strings("environments", known.environments),
        roles=table.optional_strings("roles", SELECTABLE_ROLES),
        services=table.optional_strings("services", known.services),
    )


def read_ratio(table: LocatedTable) -> Decimal:
    """``ratio``: more than 0, at most 100 (1.2 = a fifth more)."""
    ratio = table.require_decimal("ratio", maximum=MAXIMUM_RATIO)
    if table.has("ratio") and ratio == 0:
        table.report("ratio", expected="more than 0", fix="write 1.2 for a fifth more, 0.8 for a fifth less")
    return ratio


def read_known(table: LocatedTable, key: str, names: frozenset[str], *, required: bool) -> str | None:
    """One known name; None when it is absent and may be."""
    if required:
        table.require_str(key)
    if not table.has(key) or not isinstance(table.values[key], str):
        return None
    return table.optional_choice(key, sorted(names), default="")


def selection_in_words(select: Selector) -> str:
    """What a selector is about, for sentences."""
    fields = (
        select.kinds, select.ids, select.business_units, select.data_classes,
        select.jurisdictions, select.environments, select.roles, select.services,
    )  # fmt: skip
    named = [", ".join(values) for values in fields if values]
    return " and ".join(named) if named else "everything"
