"""Options, uses, flows and matrices of the table format as columns of the problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from optimizer.errors import InvalidProblem
from optimizer.exchange.table_columns import (
    codes_of,
    names_of,
    numbers,
    option_codes,
    refuse_repeated_uses,
    vocabulary_of,
)
from optimizer.exchange.table_format import COLUMNS, Table
from optimizer.exchange.table_money import micro_amounts
from optimizer.problem.arrow import array_of
from optimizer.problem.option_ids import OptionIds
from optimizer.problem.problem import unitemised


def options_from(table: Table, node_ids: tuple[str, ...], place_ids: tuple[str, ...]) -> dict[str, Any]:
    """The problem's columns of options, sorted by node."""
    owner = codes_of(node_ids, table.column("node"), "$.options.node")
    order = np.argsort(owner, kind="stable") if (owner[1:] < owner[:-1]).any() else None
    node_start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(node_ids)))])
    names = names_of(table.column("id"), "$.options.id")
    ids = OptionIds(names if order is None else names.take(array_of(order)))
    repeated = ids.first_repeated(node_start)
    if repeated is not None:
        of_node = node_ids[np.searchsorted(node_start, repeated, side="right") - 1]
        raise InvalidProblem(f"{ids[repeated]!r} of node {of_node!r} stands twice", path="$.options.id")
    columns: dict[str, npt.NDArray[Any]] = {
        "option_place": codes_of(place_ids, table.column("place"), "$.options.place"),
        "option_components_micro_usd": unitemised(micro_amounts(table.column("monthly"), "$.options.monthly")),
        "option_one_off_micro_usd": micro_amounts(table.column("one_off"), "$.options.one_off"),
    }
    if order is not None:
        columns = {name: column[order] for name, column in columns.items()}
    return {"node_start": node_start, "option_ids": ids, **columns}


def uses_from(
    tables: Mapping[str, Table], node_ids: tuple[str, ...], ids: OptionIds, node_start: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """The problem's columns of uses."""
    table = tables.get("uses", _empty("uses"))
    resources, resource = vocabulary_of(table.column("resource"), "$.uses.resource")
    owner = codes_of(node_ids, table.column("node"), "$.uses.node")
    option = option_codes(owner, table.column("option"), ids, node_start)
    refuse_repeated_uses(option, resource, ids, resources)
    return {
        "resources": resources,
        "use_option": option,
        "use_resource": resource,
        "use_amount": numbers(table.column("amount"), "$.uses.amount"),
    }


def flows_from(tables: Mapping[str, Table], node_ids: tuple[str, ...]) -> dict[str, Any]:
    """The problem's columns of flows."""
    table = tables.get("flows", _empty("flows"))
    return {
        "flow_from": codes_of(node_ids, table.column("from"), "$.flows.from").astype(np.int64),
        "flow_to": codes_of(node_ids, table.column("to"), "$.flows.to").astype(np.int64),
        "flow_gb": numbers(table.column("gb_per_month"), "$.flows.gb_per_month"),
        "flow_max_rtt_ms": numbers(table.column("max_rtt_ms"), "$.flows.max_rtt_ms", null=True),
    }


def _empty(name: str) -> pa.Table:
    return pa.table({column: pa.nulls(0) for column in COLUMNS[name]})


def matrix_from(table: Table, path: str, place_ids: tuple[str, ...], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values as ``[from place, to place]``."""
    count = len(place_ids)
    sources, targets = (codes_of(place_ids, table.column(end), f"{path}.{end}") for end in ("from", "to"))
    cell = sources * count + targets
    if len(cell) != count * count or len(np.unique(cell)) != len(cell):
        raise InvalidProblem(f"has {len(cell)} rows; expected each of the {count * count} pairs once", path=path)
    matrix = np.zeros(count * count, dtype=values.dtype)
    matrix[cell] = values
    return matrix.reshape(count, count)
