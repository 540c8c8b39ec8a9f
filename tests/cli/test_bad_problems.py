"""Each way in which a problem or plan file can be bad: exit code 2, one sentence with the JSON path, no plan."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.cli.failures import BAD_INPUT, exit_code_of
from api.problem_files import read_plan_document, read_problem, write_problem
from optimizer.errors import InvalidPlan, InvalidProblem
from optimizer.exchange.check import check_plan_document
from optimizer.exchange.documents import problem_from_document
from tests.builders import tiny_document
from tests.cli.conftest import Placement, Written


def changed(*steps: int | str, to: Any) -> dict[str, Any]:
    """The tiny document with the value at ``steps`` replaced (or added)."""
    document: Any = copy.deepcopy(tiny_document())
    found = document
    for step in steps[:-1]:
        found = found[step]
    found[steps[-1]] = to
    return document  # type: ignore[no-any-return]


def without(*steps: int | str) -> dict[str, Any]:
    document: Any = copy.deepcopy(tiny_document())
    found = document
    for step in steps[:-1]:
        found = found[step]
    del found[steps[-1]]
    return document  # type: ignore[no-any-return]


OPTION = ("nodes", 0, "options", 0)
MONTHLY = "$.nodes[0].options[0].monthly"
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown field": (changed("colour", to="red"), "$.colour", "'colour' is not a field"),
    "unknown field of an option": (changed(*OPTION, "price", to=1), "$.nodes[0].options[0].price", "not a field"),
    "unknown field of a rule": (changed("rules", 0, "min", to=1), "$.rules[0].min", "not a field"),
    "unknown resource word": (changed("nodes", 0, "kind", to="vm"), "$.nodes[0].kind", "'workload' or 'dataset'"),
    "missing field": (without("nodes", 0, "id"), "$.nodes[0].id", "required"),
    "missing matrix": (without("transfer_per_gb"), "$.transfer_per_gb", "required"),
    "missing maximum": (without("rules", 0, "max"), "$.rules[0].max", "required"),
    "unknown format": (changed("format", to="placement-problem/2"), "$.format", "placement-problem/1"),
    "unknown kind of rule": (changed("rules", 0, "type", to="wish"), "$.rules[0]", "'capacity'"),
    "text for a number": (changed("flows", 0, "gb_per_month", to="100"), "$.flows[0].gb_per_month", "number"),
    "number for text": (changed("nodes", 0, "id", to=7), "$.nodes[0].id", "string"),
    "list for an object": (changed("nodes", 0, to=[]), "$.nodes[0]", "dictionary"),
    "number for a place": (changed("rules", 0, "place", to=5), "$.rules[0].place", "string"),
    "truth for money": (changed(*OPTION, "monthly", to=True), MONTHLY, "money"),
    "empty id": (changed("places", 0, "id", to=""), "$.places[0].id", "at least 1 character"),
    "unknown place of an option": (changed(*OPTION, "place", to="mars"), "$.nodes[0].options[0].place", "'mars'"),
    "unknown place of a rule": (changed("rules", 0, "place", to="mars"), "$.rules[0].place", "'mars'"),
    "unknown node of a flow": (changed("flows", 0, "to", to="x"), "$.flows[0].to", "'x'"),
    "unknown current": (changed("nodes", 0, "current", to="x"), "$.nodes[0].current", "'x'"),
    "unknown node of a rule": (
        changed("rules", to=[{"id": "p", "type": "pin", "nodes": ["x"]}]), "$.rules[0].nodes[0]", "'x'",
    ),
    "currency": (changed("currency", to="dollars"), "$.currency", "pattern"),
    "negative flow": (changed("flows", 0, "gb_per_month", to=-1), "$.flows[0].gb_per_month", "greater than or equal"),
    "negative use": (changed(*OPTION, "uses", to={"vcpu": -1}), "$.nodes[0].options[0].uses.vcpu", "greater than"),
    "negative transfer price": (changed("transfer_per_gb", 0, 1, to="-0.09"), "$.transfer_per_gb", "negative"),
    "negative capacity": (changed("rules", 0, "max", to=-4), "$.rules[0].max", "greater than or equal to 0"),
    "negative round trip": (changed("rtt_ms", 0, 1, to=-1), "$.rtt_ms[0][1]", "greater than or equal to 0"),
    "NaN as money": (changed(*OPTION, "monthly", to=float("nan")), MONTHLY, "finite"),
    "NaN as text": (changed(*OPTION, "monthly", to="NaN"), MONTHLY, "not a decimal number"),
    "infinite flow": (changed("flows", 0, "gb_per_month", to=float("inf")), "$.flows[0].gb_per_month", "finite"),
    "seven decimals": (changed(*OPTION, "monthly", to="1.0000001"), MONTHLY, "more than six decimals"),
    "seven decimals as a number": (changed(*OPTION, "monthly", to=0.0000001), MONTHLY, "more than six decimals"),
    "exponent": (changed(*OPTION, "monthly", to="1e3"), MONTHLY, "write it like"),
    "spaces": (changed(*OPTION, "monthly", to=" 5"), MONTHLY, "write it like"),
    "comma": (changed(*OPTION, "monthly", to="1,50"), MONTHLY, "write it like"),
    "too much money": (changed(*OPTION, "monthly", to="9999999999999999"), MONTHLY, "beyond"),
    "far too much money": (changed(*OPTION, "monthly", to=1e300), MONTHLY, "beyond"),
    "sums too large": (changed("flows", 0, "gb_per_month", to=1e15), "$.nodes", "coarser unit"),
    "duplicate node": (changed("nodes", to=[*tiny_document()["nodes"]] * 2), "$.nodes[2].id", "stands twice"),
    "duplicate place": (
        {**changed("places", 1, "id", to="a"), "nodes": [], "flows": [], "rules": []}, "$.places[1].id", "stands twice",
    ),
    "duplicate option": (changed("nodes", 0, "options", 1, "id", to="wa"), "$.nodes[0].options[1].id", "stands twice"),
    "duplicate rule": (changed("rules", to=[tiny_document()["rules"][0]] * 2), "$.rules[1].id", "stands twice"),
    "short matrix": (changed("transfer_per_gb", to=[["0", "0.09"]]), "$.transfer_per_gb", "2 rows of 2"),
    "ragged matrix": (changed("transfer_per_gb", 1, to=["0"]), "$.transfer_per_gb", "2 rows of 2"),
    "matrix of round trips": (changed("rtt_ms", to=[[1]]), "$.rtt_ms", "2 rows of 2"),
    "limit without round trips": (without("rtt_ms"), "$.flows[0].max_rtt_ms", "add the matrix"),
    "no options": (changed("nodes", 0, "options", to=[]), "$.nodes[0].options", "at least 1"),
    "no places": (changed("places", to=[]), "$.places", "at least 1"),
    "copies of a workload": (changed("nodes", 0, "copies", to=2), "$.nodes[0].copies", "only a dataset"),
    "half a copy": (changed("nodes", 1, "copies", to=1.5), "$.nodes[1].copies", "integer"),
    "no horizon": (changed("horizon_months", to=0), "$.horizon_months", "greater than or equal to 1"),
    "endless horizon": (changed("horizon_months", to=10**30), "$.horizon_months", "less than or equal to"),
    "copies beyond counting": (changed("nodes", 1, "copies", to=10**30), "$.nodes[1].copies", "less than or equal to"),
    "share above one": (
        changed("rules", to=[{"id": "s", "type": "provider_share", "provider": "aws", "max_ratio": 70}]),
        "$.rules[0].max_ratio", "less than or equal to 1",
    ),
    "budget without a limit": (changed("rules", to=[{"id": "m", "type": "move_budget"}]), "$.rules[0]", "neither"),
    "moves beyond counting": (
        changed("rules", to=[{"id": "m", "type": "move_budget", "max_moves": 10**400}]),
        "$.rules[0].max_moves", "less than or equal to",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("document", "path", "said"), CASES.values(), ids=CASES)
def test_a_bad_document_is_refused_with_its_path(
    written: Written, document: dict[str, Any], path: str, said: str
) -> None:
    file = written(document)
    with pytest.raises(InvalidProblem) as refused:
        read_problem(file)
    assert refused.value.path == path
    assert said in str(refused.value)
    assert str(file) in str(refused.value)
    assert "Value error" not in str(refused.value)
    assert exit_code_of(refused.value) == BAD_INPUT


@pytest.mark.parametrize("name", ["unknown field", "unknown place of an option"])
def test_the_console_script_says_so_in_one_line_and_writes_no_plan(
    placement: Placement, written: Written, name: str
) -> None:
    document, path, said = CASES[name]
    problem = written(document)
    for command in (("solve", problem, "-o", "plan.json"), ("verify", problem, "plan.json")):
        answer = placement(*command)
        assert answer.returncode == 2
        assert answer.stderr.startswith(f"placement: {path}: ")
        assert said in answer.stderr
        assert answer.stderr.count("\n") == 1
        assert answer.stdout == ""
    assert [left.name for left in problem.parent.iterdir()] == ["problem.json"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ('{"format": ', "is not JSON"),
        ('{"format": "placement-problem/1", "format": "x"}', "stands twice"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "dictionary"),
        ('"text"', "dictionary"),
        ("null", "dictionary"),
    ],
)
def test_a_file_that_holds_no_object_is_refused(written: Written, text: str, said: str) -> None:
    with pytest.raises(InvalidProblem, match=said):
        read_problem(written(text))


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidProblem, match="is not JSON"):
        read_problem(tmp_path / "binary.json")
    with pytest.raises(InvalidProblem, match="cannot be read"):
        read_problem(tmp_path / "nowhere.json")


PLANS: list[tuple[Any, str, str]] = [
    ({"format": "placement-plan/1"}, "$.status", "required"),
    ({"format": "placement-plan/1", "status": "solved"}, "$", "must state its objective"),
    ({"format": "placement-plan/1", "status": "fine"}, "$.status", "'solved'"),
    ({"format": "placement-plan/1", "status": "solved", "objective": "1", "mood": 1}, "$.mood", "not a field"),
    ({"format": "placement-plan/1", "status": "solved", "objective": "x"}, "$.objective", "not a decimal number"),
    (
        {"format": "placement-plan/1", "status": "solved", "objective": "1", "choices": {"w": "wa"}},
        "$.choices.w",
        "list",
    ),
    ({"format": "placement-plan/1", "status": "solved", "objective": "1", "gap_ratio": -0.1}, "$.gap_ratio", "greater"),
]


@pytest.mark.parametrize(("plan", "path", "said"), PLANS, ids=lambda value: value if isinstance(value, str) else None)
def test_a_bad_plan_is_refused_with_its_path(written: Written, plan: Any, path: str, said: str) -> None:
    document = read_plan_document(written(plan, "plan.json"))
    with pytest.raises(InvalidPlan) as refused:
        check_plan_document(problem_from_document(tiny_document()), document)
    assert refused.value.path == path
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["[]", "{", "7"])
def test_a_plan_file_without_an_object_exits_2(placement: Placement, written: Written, text: str) -> None:
    answer = placement("verify", written(tiny_document()), written(text, "plan.json"))
    assert answer.returncode == 2
    assert "plan.json" in answer.stderr


Spoil = Callable[[Path], None]


def column(table: str, name: str, values: list[Any]) -> Spoil:
    def spoil(folder: Path) -> None:
        file = folder / f"{table}.parquet"
        found = pq.read_table(file)
        pq.write_table(found.set_column(found.column_names.index(name), name, pa.array(values)), file)

    return spoil


def rewritten(name: str, content: Any) -> Spoil:
    return lambda folder: (
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content)) and None
    )


FOLDERS: dict[str, tuple[Spoil, str, str]] = {
    "no nodes": (lambda folder: (folder / "nodes.parquet").unlink(), "$.nodes", "no nodes.parquet"),
    "not Parquet": (rewritten("nodes.parquet", "text"), "$.nodes", "not a readable Parquet"),
    "no head": (lambda folder: (folder / "problem.json").unlink(), "$", "cannot be read"),
    "head of another version": (rewritten("problem.json", {"format": "placement-problem/9"}), "$.format", "problem/1"),
    "head that is a list": (rewritten("problem.json", "[]"), "$", "object"),
    "rules that are an object": (rewritten("rules.json", "{}"), "$.rules", "list"),
    "unknown field of a rule": (
        rewritten("rules.json", [{"id": "q", "type": "capacity", "resource": "vcpu", "max": 4, "min": 1}]),
        "$.rules[0].min", "not a field",
    ),
    "unknown table": (
        lambda folder: shutil.copy(folder / "nodes.parquet", folder / "extra.parquet") and None,
        "$", "no table 'extra'",
    ),
    "unknown place": (column("options", "place", ["a", "mars", "a", "g"]), "$.options.place", "row 1: 'mars'"),
    "unknown node": (column("options", "node", ["w", "w", "d", "x"]), "$.options.node", "row 3: 'x'"),
    "unknown current": (column("nodes", "current", ["x", None]), "$.nodes.current", "'x' is not an option of 'w'"),
    "unknown kind": (column("nodes", "kind", ["workload", "vm"]), "$.nodes.kind", "row 1: 'vm'"),
    "duplicate node": (column("nodes", "id", ["w", "w"]), "$.nodes.id", "'w' stands twice"),
    "null id": (column("nodes", "id", ["w", None]), "$.nodes.id", "row 1"),
    "half a copy": (column("nodes", "copies", [1.0, 1.5]), "$.nodes.copies", "row 1: 1.5"),
    "copies as text": (column("nodes", "copies", ["1", "two"]), "$.nodes.copies", "row 1: 'two'"),
    "seven decimals": (
        column("options", "monthly", [Decimal("100.0000001"), Decimal(1), Decimal(1), Decimal(1)]),
        "$.options.monthly", "more than six decimals",
    ),
    "NaN": (column("options", "monthly", [float("nan"), 1.0, 1.0, 1.0]), "$.options.monthly", "row 0"),
    "null money": (column("options", "one_off", [None, "1", "1", "1"]), "$.options.one_off", "row 0"),
    "text for a flow": (column("flows", "gb_per_month", ["much"]), "$.flows.gb_per_month", "row 0: 'much'"),
    "text for a limit": (column("flows", "max_rtt_ms", ["soon"]), "$.flows.max_rtt_ms", "row 0: 'soon'"),
    "negative flow": (column("flows", "gb_per_month", [-5.0]), "$.flows[0].gb_per_month", "not negative"),
    "a pair twice": (column("transfer", "to", ["a", "a", "a", "g"]), "$.transfer", "each of the 4 pairs once"),
    "use of an unknown option": (column("uses", "option", ["wa", "wx"]), "$.uses.option", "'wx'"),
    "a use twice": (column("uses", "option", ["wa", "wa"]), "$.uses", "stands twice"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "path", "said"), FOLDERS.values(), ids=FOLDERS)
def test_a_bad_folder_of_tables_is_refused_with_table_and_row(
    tmp_path: Path, spoil: Spoil, path: str, said: str
) -> None:
    folder = tmp_path / "problem"
    write_problem(problem_from_document(tiny_document()), folder)
    read_problem(folder)
    spoil(folder)
    with pytest.raises(InvalidProblem) as refused:
        read_problem(folder)
    assert refused.value.path == path
    assert said in str(refused.value)
    assert str(folder) in str(refused.value)
