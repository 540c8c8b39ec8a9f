"""Reads a policy file: TOML text in, :class:`~optimizer.domain.policy.Policy` out, or every mistake with its line.

A file has one ``[policy]`` table with the general settings and any number of statements, each a table of a list::

    [policy]
    name = "platform"
    purchases = ["on_demand", "committed_1y"]
    candidate_places = ["aws:us-east-1", "azure:westeurope"]

    [[residency]]
    id = "gdpr"
    because = "GDPR chapter V"
    jurisdictions = ["DE", "FR", "IE"]         # what it is about: things tagged so ...
    data_classes = ["restricted"]              # ... and so
    allow_jurisdictions = ["EU"]               # where they may be

Every statement takes ``id`` and ``because``. Those about some things take the selector keys ``kinds``, ``ids``,
``business_units``, ``data_classes``, ``jurisdictions``, ``environments``, ``roles``, ``services``: each absent key
selects all, keys combine with *and*. The statement tables and their own keys are read in ``policy_tables.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from optimizer.domain.located_toml import InvalidTomlFile, LocatedTable, locate_toml
from optimizer.domain.policy import (
    AreaStatement,
    CapacityStatement,
    FootprintStatement,
    GroupStatement,
    LatencyStatement,
    MoveBudgetStatement,
    PinStatement,
    Policy,
    ProviderShareStatement,
    RecoveryStatement,
)
from optimizer.domain.policy_contradictions import LocatedStatement, Statement, report_contradictions
from optimizer.domain.policy_tables import STATEMENT_TABLES, KnownNames, StatementParser
from optimizer.errors import InvalidPolicy
from optimizer.pricing.names import PURCHASES


class InvalidPolicyFile(InvalidTomlFile, InvalidPolicy):
    """A policy file with mistakes; ``problems`` holds all of them."""


def parse_policy(text: str, *, file: str, known_place_ids: Iterable[str], known_jurisdictions: Iterable[str]) -> Policy:
    """The policy that ``text`` states; ``file`` is only used to say where a mistake is.

    Raises:
        InvalidPolicyFile: with one problem for each mistake: not TOML, unknown key, wrong type, number out of range,
            unknown place, provider, continent or jurisdiction, an id used twice, statements that cannot both hold.
    """
    known = KnownNames(place_ids=frozenset(known_place_ids), jurisdictions=frozenset(known_jurisdictions))
    located = locate_toml(text, file=file, error=InvalidPolicyFile)
    general = _general(located.root.table("policy"), known)
    statements: list[LocatedStatement] = []
    for name, parse in STATEMENT_TABLES.items():
        for table in located.root.tables(name):
            statement = _statement(table, parse, known)
            if statement is not None:
                statements.append(LocatedStatement(table=table, statement=statement))
    located.root.reject_unknown_keys()
    _report_twice_used_ids(located.root)
    report_contradictions(statements, known_place_ids=known.place_ids)
    located.raise_problems()
    found = [entry.statement for entry in statements]
    families: dict[str, Any] = {field: tuple(s for s in found if isinstance(s, kind)) for field, kind in _FAMILIES}
    return Policy(**general, **families)


def _general(table: LocatedTable, known: KnownNames) -> dict[str, Any]:
    defaults = Policy(name="")
    settings = {
        "name": table.require_str("name"),
        "horizon_months": table.optional_integer("horizon_months", default=defaults.horizon_months, minimum=1),
        "labour_usd_per_hour": table.optional_decimal("labour_usd_per_hour", default=defaults.labour_usd_per_hour),
        "dual_run_months": _ratio_or_more(table, "dual_run_months", defaults.dual_run_months, minimum=Decimal(0)),
        "utilisation_target_ratio": _ratio_or_more(
            table,
            "utilisation_target_ratio",
            defaults.utilisation_target_ratio,
            minimum=Decimal("0.05"),
            maximum=Decimal(1),
        ),
        "purchases": table.optional_strings("purchases", PURCHASES) or defaults.purchases,
        "candidate_places": table.optional_strings("candidate_places", known.place_ids),
    }
    table.reject_unknown_keys()
    return settings


def _ratio_or_more(
    table: LocatedTable, key: str, default: float, *, minimum: Decimal, maximum: Decimal | None = None
) -> float:
    found = table.optional_decimal(key, default=None, minimum=minimum, maximum=maximum)
    return default if found is None else float(found)


def _statement(table: LocatedTable, parse: StatementParser, known: KnownNames) -> Statement | None:
    """The statement of one table, or None when something is wrong with it (which is then written down)."""
    problems_before = len(table.problems)
    names = {"id": table.require_str("id"), "because": table.optional_str("because", default="")}
    try:
        statement = parse(table, known, names)
    except InvalidPolicy as error:
        if len(table.problems) == problems_before:
            table.report(expected="a statement that can be meant", fix=str(error))
        return None
    finally:
        table.reject_unknown_keys()
    return statement if len(table.problems) == problems_before else None


def _report_twice_used_ids(root: LocatedTable) -> None:
    first_line: dict[str, int] = {}
    tables = [table for name in STATEMENT_TABLES for table in root.tables(name)]
    for table in sorted(tables, key=lambda table: table.line_of()):
        name = table.values.get("id")
        if isinstance(name, str) and name in first_line:
            expected = f"an id of its own ({name!r} is taken by line {first_line[name]})"
            table.report("id", expected=expected, fix="choose another id")
        elif isinstance(name, str):
            first_line[name] = table.line_of("id")


_FAMILIES: Final[tuple[tuple[str, type[Any]], ...]] = (
    ("areas", AreaStatement),
    ("latencies", LatencyStatement),
    ("capacities", CapacityStatement),
    ("groups", GroupStatement),
    ("recoveries", RecoveryStatement),
    ("pins", PinStatement),
    ("move_budgets", MoveBudgetStatement),
    ("provider_shares", ProviderShareStatement),
    ("footprints", FootprintStatement),
)
