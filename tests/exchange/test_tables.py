"""Columns of the table format: read in bulk, and exactly as the JSON format reads one value."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.problem_files import read_problem, write_problem
from optimizer.errors import InvalidProblem
from optimizer.exchange.documents import problem_from_document, problem_to_document
from optimizer.exchange.schemas import money
from optimizer.exchange.table_money import decimals, micro_amounts
from optimizer.exchange.tables import problem_from_tables, problem_to_tables
from optimizer.units import micro_usd_exactly
from tests.builders import tiny_document
from tests.problem_documents import problem_documents

MANY = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
micro_usd = st.one_of(st.integers(-(10**8), 10**8), st.integers(-(2**62), 2**62))
written = st.sampled_from(
    ["", "0", "-0", "007", "1.", ".5", "1.5000000", "1.0000001", "1e3", " 1", "1\n", "1,5", "NaN"]
)
texts = st.one_of(micro_usd.map(lambda micro: f"{Decimal(micro) / 10**6:f}"), written)
floats = st.one_of(micro_usd.map(lambda micro: micro / 10**6), st.floats())
scales = st.sampled_from([pa.decimal128(38, 6), pa.decimal128(38, 9), pa.decimal128(38, 2), pa.decimal256(60, 12)])


def one_by_one(values: list[Any]) -> list[int] | int:
    """Micro-USD of every amount as the JSON format reads it, or the row of the first that it refuses."""
    found = []
    for row, value in enumerate(values):
        try:
            found.append(micro_usd_exactly(money(value)))
        except ValueError:
            return row
    return found


def in_bulk(column: pa.ChunkedArray) -> list[int] | int:
    try:
        return micro_amounts(column, "$.x").tolist()
    except InvalidProblem as refused:
        return int(str(refused).removeprefix("$.x: row ").split(":")[0])


@MANY
@given(
    st.one_of(
        st.tuples(st.lists(st.none() | texts, max_size=6), st.sampled_from([pa.string(), pa.large_string()])),
        st.tuples(st.lists(st.none() | floats, max_size=6), st.just(pa.float64())),
        st.tuples(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=6), st.just(pa.int64())),
        st.tuples(st.lists(st.booleans(), max_size=3), st.just(pa.bool_())),
    ),
    st.integers(0, 6),
)
def test_a_column_of_money_is_read_as_the_json_format_reads_each_amount(
    column: tuple[list[Any], pa.DataType], cut: int
) -> None:
    values, kind = column
    chunks = [pa.array(values[:cut], kind), pa.array(values[cut:], kind)]
    assert in_bulk(pa.chunked_array(chunks)) == one_by_one(values)
    # A slice begins in the middle of its buffers.
    assert in_bulk(pa.chunked_array([chunks[1].slice(1)], kind)) == one_by_one(values[cut:][1:])


@MANY
@given(st.lists(st.tuples(st.integers(-(10**20), 10**20), st.integers(0, 9)), max_size=6), scales)
def test_decimals_of_any_scale_are_read_exactly(amounts: list[tuple[int, int]], kind: pa.DataType) -> None:
    values = [Decimal(digits).scaleb(-min(scale, kind.scale)) for digits, scale in amounts]
    assert in_bulk(pa.chunked_array([pa.array(values, kind)], kind)) == one_by_one(values)


@MANY
@given(st.lists(micro_usd))
def test_money_is_written_as_it_is_read(amounts: list[int]) -> None:
    below = [amount for amount in amounts if abs(amount) < 2**61]
    assert in_bulk(pa.chunked_array([decimals(np.array(below, dtype=np.int64))])) == below


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problem_documents())
def test_options_may_stand_in_any_order_of_nodes(document: dict[str, Any]) -> None:
    problem = problem_from_document(document)
    stated = problem_to_tables(problem)
    backwards = np.concatenate([np.array(problem.options_of(node)) for node in range(len(problem.node_ids))][::-1])
    tables = {name: pa.table({at: t.column(at) for at in t.column_names}) for name, t in stated.tables.items()}
    tables["options"] = tables["options"].take(backwards)
    tables["uses"] = tables["uses"][::-1]
    again = problem_from_tables(replace(stated, tables=tables))
    assert problem_to_document(again) == problem_to_document(problem)


def with_column(table: str, name: str, values: pa.Array) -> Any:
    stated = problem_to_tables(problem_from_document(tiny_document()))
    found = pa.table({at: stated.tables[table].column(at) for at in stated.tables[table].column_names})
    changed = found.set_column(found.column_names.index(name), name, values)
    return replace(stated, tables={**stated.tables, table: changed})


@pytest.mark.parametrize(
    ("table", "name", "values", "path", "said"),
    [
        ("options", "id", ["wa", "wa", "da", "dg"], "$.options.id", "'wa' of node 'w' stands twice"),
        ("options", "id", ["wa", "", "da", "dg"], "$.options.id", "row 1: '' is not a name"),
        ("options", "id", [1, 2, 3, 4], "$.options.id", "row 0: 1 is not a name"),
        ("options", "place", [None, "a", "a", "a"], "$.options.place", "row 0: None is not known"),
        ("options", "monthly", [1, 2, 10**18, 3], "$.options.monthly", "row 2: it is beyond"),
        ("options", "monthly", [True, True, True, True], "$.options.monthly", "row 0: expected money"),
        ("nodes", "copies_distinct", [None, "planet"], "$.nodes.copies_distinct", "row 1: 'planet'"),
        ("nodes", "copies", [None, "two"], "$.nodes.copies", "row 1: 'two' is not a number"),
        ("nodes", "copies", [None, 0], "$.nodes.copies", "row 1: 0 is not a number of copies"),
        ("uses", "option", ["wa", None], "$.uses.option", "row 1: option None is not known"),
        ("uses", "amount", ["4", "1_0"], "$.uses.amount", "row 1: '1_0' is not a number"),
        ("flows", "max_rtt_ms", [False], "$.flows.max_rtt_ms", "row 0: False is not a number"),
    ],
)
def test_what_cannot_be_read_is_named(table: str, name: str, values: list[Any], path: str, said: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        problem_from_tables(with_column(table, name, pa.array(values)))
    assert refused.value.path == path
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("table", "name", "values"),
    [
        ("options", "place", pa.array(["a", "g", "a", "g"]).dictionary_encode()),
        ("options", "monthly", pa.array(["100", "80.0", "1", "1.500000"], pa.large_string())),
        ("nodes", "copies", pa.array([None, "1.0"])),
        ("nodes", "copies_distinct", pa.array([None, None], pa.null())),
        ("uses", "amount", pa.array(["4", "4e0"])),
        ("flows", "max_rtt_ms", pa.array([None], pa.null())),
    ],
)
def test_other_ways_to_write_the_same_kind_of_column_are_read(table: str, name: str, values: pa.Array) -> None:
    problem_from_tables(with_column(table, name, values))


def test_a_parquet_file_with_a_damaged_page_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "problem"
    write_problem(problem_from_document(tiny_document()), folder)
    file = folder / "options.parquet"
    content = bytearray(file.read_bytes())
    content[4:60] = b"\xff" * 56
    file.write_bytes(content)
    with pytest.raises(InvalidProblem, match=r"options\.parquet is not a readable Parquet file") as refused:
        read_problem(folder)
    assert refused.value.path == "$.options"


def test_reading_compiling_and_checking_a_folder_does_without_pandas(tmp_path: Path) -> None:
    """pyarrow's conversions import it: a second for everyone who solves a small problem."""
    folder = tmp_path / "problem"
    write_problem(problem_from_document(tiny_document()), folder)
    script = f"""
import sys
from pathlib import Path
from api.problem_files import read_problem
from optimizer.model.compile import compile_model
from optimizer.plan import Plan
from optimizer.verify import verify
problem = read_problem(Path({str(folder)!r}))
compile_model(problem)
plan = Plan.of(problem, {{"w": ["wa"], "d": ["da"]}})
verify(problem, plan)
plan.choices(problem)
assert "pandas" not in sys.modules
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
