"""Large problems as tables: the published format with a table for each list, both ways.

Columns (names and meaning as in the JSON format; money as decimal, text or number):

* ``places``: id, provider, region, continent, jurisdictions (list of text)
* ``nodes``: id, kind, current, copies, copies_distinct        (the last three may be null)
* ``options``: node, id, place, monthly, one_off
* ``uses``: node, option, resource, amount
* ``flows``: from, to, gb_per_month, max_rtt_ms                 (the last may be null)
* ``transfer``: from, to, per_gb;  ``rtt``: from, to, ms        (one row for every pair of places; ``rtt`` optional)

``rules.json`` is the list of rules and ``problem.json`` has format, currency and horizon_months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from optimizer.domain.place import Place
from optimizer.errors import InvalidProblem
from optimizer.exchange.documents import problem_from_document
from optimizer.exchange.faults import first_fault
from optimizer.exchange.rule_documents import rule_from_document, rule_to_document
from optimizer.exchange.schemas import PROBLEM_FORMAT, AnyRuleDocument
from optimizer.exchange.table_columns import copies_of, current_codes, distinct_codes, kinds_of, names_of, numbers
from optimizer.exchange.table_format import COLUMNS, OPTIONAL_TABLES, Table
from optimizer.exchange.table_money import decimals, micro_amounts
from optimizer.exchange.table_parts import flows_from, matrix_from, options_from, uses_from
from optimizer.problem.arrow import array_of, text_array
from optimizer.problem.problem import DISTINCT_ATTRIBUTES, UNITEMISED, Problem
from optimizer.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProblemTables:
    """A problem as tables by name, the document of its rules and its head."""

    tables: Mapping[str, Table]
    rules: list[dict[str, Any]]
    head: dict[str, Any]


def problem_to_tables(problem: Problem) -> ProblemTables:
    """The problem as tables; component columns are added up to ``monthly``."""
    node_ids = text_array(problem.node_ids)
    place_ids = text_array(place.id for place in problem.places)
    tables: dict[str, Table] = {
        "places": _places(problem),
        "nodes": _nodes(problem),
        "options": _table(
            {
                "node": _picked(node_ids, problem.option_node),
                "id": problem.option_ids.column,
                "place": _picked(place_ids, problem.option_place),
                "monthly": decimals(problem.option_monthly_micro_usd),
                "one_off": decimals(problem.option_one_off_micro_usd),
            }
        ),
        "uses": _table(
            {
                "node": _picked(node_ids, problem.option_node[problem.use_option]),
                "option": problem.option_ids.column.take(array_of(problem.use_option)),
                "resource": _picked(text_array(problem.resources), problem.use_resource),
                "amount": problem.use_amount,
            }
        ),
        "flows": _table(
            {
                "from": _picked(node_ids, problem.flow_from),
                "to": _picked(node_ids, problem.flow_to),
                "gb_per_month": problem.flow_gb,
                "max_rtt_ms": pa.array(problem.flow_max_rtt_ms, from_pandas=True),
            }
        ),
        "transfer": _pairs(place_ids, "per_gb", decimals(problem.transfer_micro_usd_per_gb.ravel())),
    }
    if problem.rtt_ms is not None:
        tables["rtt"] = _pairs(place_ids, "ms", pa.array(problem.rtt_ms.ravel()))
    head = {"format": PROBLEM_FORMAT, "currency": problem.currency, "horizon_months": problem.horizon_months}
    return ProblemTables(tables=tables, rules=[rule_to_document(rule) for rule in problem.rules], head=head)


def _places(problem: Problem) -> pa.Table:
    places = problem.places
    return _table(
        {
            "id": [place.id for place in places],
            "provider": [place.provider for place in places],
            "region": [place.region for place in places],
            "continent": [place.continent for place in places],
            "jurisdictions": pa.array([list(place.jurisdictions) for place in places], pa.list_(pa.string())),
        }
    )


def _nodes(problem: Problem) -> pa.Table:
    runs = problem.node_current >= 0
    current = np.full(len(problem.node_ids), None, dtype=object)
    current[runs] = problem.option_ids.named(problem.node_current[runs])
    return _table(
        {
            "id": text_array(problem.node_ids),
            "kind": np.where(problem.node_is_dataset, "dataset", "workload"),
            "current": pa.array(current, pa.string()),
            "copies": problem.node_copies,
            "copies_distinct": _picked(text_array(DISTINCT_ATTRIBUTES), problem.node_distinct),
        }
    )


def _table(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table(dict(columns))


def _picked(names: pa.Array[Any], codes: npt.NDArray[np.integer]) -> pa.Array[Any]:
    return names.take(array_of(codes))


def _pairs(place_ids: pa.Array[Any], name: str, values: pa.Array[Any]) -> pa.Table:
    places = np.arange(len(place_ids))
    sources, targets = np.repeat(places, len(places)), np.tile(places, len(places))
    return pa.table({"from": _picked(place_ids, sources), "to": _picked(place_ids, targets), name: values})


def problem_from_tables(stated: ProblemTables) -> Problem:
    """The problem that tables state. One column is held beside the problem at a time.

    Raises:
        InvalidProblem: a table or column is missing or unknown, a name leads nowhere, an amount cannot be read.
    """
    tables = _checked(stated.tables)
    shell = _shell(stated, tables["places"])
    nodes = tables["nodes"]
    node_ids = tuple(str(name) for name in names_of(nodes.column("id"), "$.nodes.id").to_pylist())
    _refuse_repeated_nodes(node_ids)
    options = options_from(tables["options"], node_ids, shell.place_ids)
    node_start, ids = options.pop("node_start"), options.pop("option_ids")
    return Problem(
        places=shell.places,
        node_ids=node_ids,
        node_is_dataset=kinds_of(nodes.column("kind")),
        node_copies=copies_of(nodes.column("copies"), "$.nodes.copies"),
        node_distinct=distinct_codes(nodes.column("copies_distinct")),
        node_current=current_codes(nodes.column("current"), node_ids, ids, node_start),
        node_start=node_start,
        option_ids=ids,
        **options,
        components=UNITEMISED,
        **uses_from(tables, node_ids, ids, node_start),
        **flows_from(tables, node_ids),
        transfer_micro_usd_per_gb=matrix_from(
            tables["transfer"],
            "$.transfer",
            shell.place_ids,
            micro_amounts(tables["transfer"].column("per_gb"), "$.transfer.per_gb"),
        ),
        rtt_ms=None
        if "rtt" not in tables
        else matrix_from(tables["rtt"], "$.rtt", shell.place_ids, numbers(tables["rtt"].column("ms"), "$.rtt.ms")),
        rules=shell.rules,
        horizon_months=shell.horizon_months,
        currency=shell.currency,
    )


def _checked(tables: Mapping[str, Table]) -> Mapping[str, Table]:
    """The tables, all of which the format knows, with the columns that it names."""
    unknown = sorted(set(tables) - set(COLUMNS))
    if unknown:
        raise InvalidProblem(f"there is no table {unknown[0]!r} in the format; known: {list(COLUMNS)}")
    for name, columns in COLUMNS.items():
        if name not in tables:
            if name not in OPTIONAL_TABLES:
                raise InvalidProblem("the table is missing", path=f"$.{name}")
        elif set(tables[name].column_names) != set(columns):
            raise InvalidProblem(f"has columns {tables[name].column_names}; expected {list(columns)}", path=f"$.{name}")
    return tables


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    places: tuple[Place, ...]
    rules: tuple[Rule, ...]
    horizon_months: int
    currency: str

    @property
    def place_ids(self) -> tuple[str, ...]:
        return tuple(place.id for place in self.places)


def _shell(stated: ProblemTables, places: Table) -> _Shell:
    """Head, places and rules go through the JSON format, so that both doors refuse the same things."""
    if not isinstance(stated.head, dict):
        raise InvalidProblem("problem.json must hold an object with format, currency and horizon_months")
    columns = {name: places.column(name).to_pylist() for name in COLUMNS["places"]}
    columns["jurisdictions"] = [listed or [] for listed in columns["jurisdictions"]]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    document = {
        **stated.head,
        "places": rows,
        "nodes": [],
        "transfer_per_gb": [["0"] * len(rows)] * len(rows),
    }
    empty = problem_from_document(document)
    try:
        rules = TypeAdapter(list[AnyRuleDocument]).validate_python(stated.rules)
    except ValidationError as error:
        message, path = first_fault(error, "rules")
        raise InvalidProblem(message, path=path) from error
    return _Shell(
        places=empty.places,
        rules=tuple(rule_from_document(rule) for rule in rules),
        horizon_months=empty.horizon_months,
        currency=empty.currency,
    )


def _refuse_repeated_nodes(node_ids: tuple[str, ...]) -> None:
    if len(set(node_ids)) == len(node_ids):
        return
    seen: set[str] = set()
    for name in node_ids:
        if name in seen:
            raise InvalidProblem(f"{name!r} stands twice", path="$.nodes.id")
        seen.add(name)
