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
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter, ValidationError

from optimizer.domain.place import Place
from optimizer.errors import InvalidProblem
from optimizer.exchange.documents import problem_from_document
from optimizer.exchange.faults import first_fault
from optimizer.exchange.rule_documents import rule_from_document, rule_to_document
from optimizer.exchange.schemas import PROBLEM_FORMAT, AnyRuleDocument
from optimizer.exchange.table_columns import (
    codes_of,
    copies_of,
    current_codes,
    distinct_codes,
    kinds_of,
    micro_amounts,
    names_of,
    numbers,
    option_codes,
)
from optimizer.problem.problem import DISTINCT_ATTRIBUTES, Problem, unitemised

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "places": ("id", "provider", "region", "continent", "jurisdictions"),
    "nodes": ("id", "kind", "current", "copies", "copies_distinct"),
    "options": ("node", "id", "place", "monthly", "one_off"),
    "uses": ("node", "option", "resource", "amount"),
    "flows": ("from", "to", "gb_per_month", "max_rtt_ms"),
    "transfer": ("from", "to", "per_gb"),
    "rtt": ("from", "to", "ms"),
}
OPTIONAL_TABLES: Final = ("uses", "flows", "rtt")
MICRO = pa.decimal128(38, 6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProblemTables:
    """A problem as tables by name, the document of its rules and its head."""

    tables: Mapping[str, pa.Table]
    rules: list[dict[str, Any]]
    head: dict[str, Any]


def problem_to_tables(problem: Problem) -> ProblemTables:
    """The problem as tables; component columns are added up to ``monthly``."""
    place_ids = np.array([place.id for place in problem.places], dtype=object)
    node_ids = np.array(problem.node_ids, dtype=object)
    option_ids = np.array(problem.option_ids, dtype=object)
    current = [None if option < 0 else problem.option_ids[option] for option in problem.node_current.tolist()]
    tables: dict[str, pa.Table] = {
        "places": _table(
            {
                "id": place_ids,
                "provider": [place.provider for place in problem.places],
                "region": [place.region for place in problem.places],
                "continent": [place.continent for place in problem.places],
                "jurisdictions": pa.array([list(p.jurisdictions) for p in problem.places], pa.list_(pa.string())),
            }
        ),
        "nodes": _table(
            {
                "id": node_ids,
                "kind": np.where(problem.node_is_dataset, "dataset", "workload"),
                "current": pa.array(current, pa.string()),
                "copies": problem.node_copies,
                "copies_distinct": [DISTINCT_ATTRIBUTES[code] for code in problem.node_distinct.tolist()],
            }
        ),
        "options": _table(
            {
                "node": node_ids[problem.option_node],
                "id": option_ids,
                "place": place_ids[problem.option_place],
                "monthly": _decimals(problem.option_monthly_micro_usd),
                "one_off": _decimals(problem.option_one_off_micro_usd),
            }
        ),
        "uses": _table(
            {
                "node": node_ids[problem.option_node[problem.use_option]],
                "option": option_ids[problem.use_option],
                "resource": np.array(problem.resources, dtype=object)[problem.use_resource],
                "amount": problem.use_amount,
            }
        ),
        "flows": _table(
            {
                "from": node_ids[problem.flow_from],
                "to": node_ids[problem.flow_to],
                "gb_per_month": problem.flow_gb,
                "max_rtt_ms": pa.array(problem.flow_max_rtt_ms, from_pandas=True),
            }
        ),
        "transfer": _pairs(place_ids, "per_gb", _decimals(problem.transfer_micro_usd_per_gb.ravel())),
    }
    if problem.rtt_ms is not None:
        tables["rtt"] = _pairs(place_ids, "ms", pa.array(problem.rtt_ms.ravel()))
    return ProblemTables(
        tables=tables,
        rules=[rule_to_document(rule) for rule in problem.rules],
        head={
            "format": PROBLEM_FORMAT,
            "currency": problem.currency,
            "horizon_months": problem.horizon_months,
        },
    )


def _table(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table(
        {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    )


def _decimals(micro_usd: npt.NDArray[np.int64]) -> pa.Array[Any]:
    whole = pa.array(micro_usd, pa.int64()).cast(pa.decimal128(19, 0)).cast(pa.decimal128(25, 6))
    return pc.multiply(whole, pa.scalar(Decimal("0.000001"), pa.decimal128(7, 6))).cast(MICRO)


def _pairs(place_ids: npt.NDArray[np.object_], name: str, values: pa.Array[Any]) -> pa.Table:
    count = len(place_ids)
    return _table({"from": np.repeat(place_ids, count), "to": np.tile(place_ids, count), name: values})


def problem_from_tables(stated: ProblemTables) -> Problem:
    """The problem that tables state.

    Raises:
        InvalidProblem: a table or column is missing or unknown, a name leads nowhere, an amount cannot be read.
    """
    frames = _frames(stated.tables)
    places, nodes, options = frames["places"], frames["nodes"], frames["options"]
    shell = _shell(stated, places)
    node_ids = names_of(nodes["id"], "$.nodes.id")
    place_index, node_index = pd.Index(places["id"]), pd.Index(node_ids, dtype=object)
    for index, name in ((place_index, "places"), (node_index, "nodes")):
        if not index.is_unique:
            raise InvalidProblem(f"{index[index.duplicated()][0]!r} stands twice", path=f"$.{name}.id")
    owner = codes_of(node_index, options["node"], "$.options.node")
    order = np.argsort(owner, kind="stable")
    options, owner = options.iloc[order], owner[order]
    option_key = pd.MultiIndex.from_arrays([owner, options["id"]])
    if not option_key.is_unique:
        twice = int(np.flatnonzero(option_key.duplicated())[0])
        name, of_node = options["id"].iloc[twice], options["node"].iloc[twice]
        raise InvalidProblem(f"{name!r} of node {of_node!r} stands twice", path="$.options.id")
    uses, flows = frames["uses"], frames["flows"]
    resources = tuple(sorted(set(names_of(uses["resource"], "$.uses.resource"))))
    count = len(places)
    return Problem(
        places=shell.places,
        node_ids=node_ids,
        node_is_dataset=kinds_of(nodes["kind"]),
        node_copies=copies_of(nodes["copies"], "$.nodes.copies"),
        node_distinct=distinct_codes(nodes["copies_distinct"]),
        node_current=current_codes(nodes, option_key),
        node_start=np.searchsorted(owner, np.arange(len(nodes) + 1)).astype(np.int64),
        option_ids=names_of(options["id"], "$.options.id"),
        option_place=codes_of(place_index, options["place"], "$.options.place"),
        option_components_micro_usd=unitemised(micro_amounts(options["monthly"], "$.options.monthly")),
        option_one_off_micro_usd=micro_amounts(options["one_off"], "$.options.one_off"),
        resources=resources,
        use_option=option_codes(option_key, node_index, uses),
        use_resource=pd.Index(resources).get_indexer(pd.Index(uses["resource"])).astype(np.int64),
        use_amount=numbers(uses["amount"], "$.uses.amount"),
        flow_from=codes_of(node_index, flows["from"], "$.flows.from"),
        flow_to=codes_of(node_index, flows["to"], "$.flows.to"),
        flow_gb=numbers(flows["gb_per_month"], "$.flows.gb_per_month"),
        flow_max_rtt_ms=numbers(flows["max_rtt_ms"], "$.flows.max_rtt_ms", null=True),
        transfer_micro_usd_per_gb=_matrix(
            place_index,
            frames["transfer"],
            micro_amounts(frames["transfer"]["per_gb"], "$.transfer.per_gb"),
            "$.transfer",
        ).reshape(count, count),
        rtt_ms=_rtt(stated.tables, place_index, frames["rtt"]),
        rules=shell.rules,
        horizon_months=shell.horizon_months,
        currency=shell.currency,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    places: tuple[Place, ...]
    rules: tuple[Any, ...]
    horizon_months: int
    currency: str


def _shell(stated: ProblemTables, places: pd.DataFrame) -> _Shell:
    """Head, places and rules go through the JSON format, so that both doors refuse the same things."""
    if not isinstance(stated.head, dict):
        raise InvalidProblem("problem.json must hold an object with format, currency and horizon_months")
    rows = places.to_dict("records")
    document = {
        **stated.head,
        "places": [{**row, "jurisdictions": _listed(row["jurisdictions"])} for row in rows],
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


def _listed(jurisdictions: Any) -> list[str]:
    """A null list is an empty one."""
    return [] if jurisdictions is None or isinstance(jurisdictions, float) else list(jurisdictions)


def _frames(tables: Mapping[str, pa.Table]) -> dict[str, pd.DataFrame]:
    unknown = sorted(set(tables) - set(COLUMNS))
    if unknown:
        raise InvalidProblem(f"there is no table {unknown[0]!r} in the format; known: {list(COLUMNS)}")
    frames = {}
    for name, columns in COLUMNS.items():
        if name not in tables:
            if name not in OPTIONAL_TABLES:
                raise InvalidProblem("the table is missing", path=f"$.{name}")
            frames[name] = pd.DataFrame({column: [] for column in columns})
            continue
        if set(tables[name].column_names) != set(columns):
            raise InvalidProblem(f"has columns {tables[name].column_names}; expected {list(columns)}", path=f"$.{name}")
        frames[name] = tables[name].to_pandas()
    return frames


def _matrix(place_index: pd.Index[Any], table: pd.DataFrame, values: npt.NDArray[Any], path: str) -> npt.NDArray[Any]:
    count = len(place_index)
    cell = codes_of(place_index, table["from"], f"{path}.from") * count + codes_of(
        place_index, table["to"], f"{path}.to"
    )
    if len(cell) != count * count or len(np.unique(cell)) != len(cell):
        raise InvalidProblem(f"has {len(cell)} rows; expected each of the {count * count} pairs once", path=path)
    matrix = np.zeros(count * count, dtype=values.dtype)
    matrix[cell] = values
    return matrix.reshape(count, count)


def _rtt(
    tables: Mapping[str, pa.Table], place_index: pd.Index[Any], table: pd.DataFrame
) -> npt.NDArray[np.float64] | None:
    return _matrix(place_index, table, numbers(table["ms"], "$.rtt.ms"), "$.rtt") if "rtt" in tables else None
