"""Imports go one way, and the optimizer touches nothing outside itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.sources import MODULES, parsed, shown
from tests.reference import REPOSITORY

OPTIMIZER: Final = tuple(path for path in MODULES if shown(path).startswith("optimizer/"))
PURE_LIBRARIES: Final = {"numba", "numpy", "scipy", "pandas", "pyarrow", "pydantic", "ortools"}
PURE_STANDARD: Final = {
    "__future__", "abc", "bisect", "collections", "contextlib", "dataclasses", "decimal", "difflib", "enum",
    "functools", "hashlib", "heapq", "itertools", "json", "math", "operator", "re", "string", "tomllib", "types",
    "typing",
}  # fmt: skip
CLOCKS: Final = {"perf_counter", "process_time"}
"""Only as default arguments of ``solve``, where a caller may hand in another clock."""
DATES: Final = {"date", "datetime", "timedelta", "UTC"}
READING_THE_CLOCK: Final = {"now", "today", "utcnow", "fromtimestamp"}
DOING: Final = {"open", "print", "input", "exec", "eval", "__import__"}


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports anywhere in it."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.split(".")[0])
    return names


def test_packages_import_in_one_direction() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([str(linter)], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "1 kept, 0 broken" in answer.stdout


@pytest.mark.parametrize("path", OPTIMIZER, ids=shown)
def test_the_optimizer_imports_nothing_that_reaches_outside(path: Path) -> None:
    allowed = PURE_LIBRARIES | PURE_STANDARD | {"optimizer"}
    if shown(path).startswith("optimizer/solve/"):
        allowed |= {"time", "concurrent"}
    strange = imported(path) - allowed - {"datetime"}
    assert not strange, f"{shown(path)} imports {sorted(strange)}; the optimizer has no I/O, clock, settings or network"


@pytest.mark.parametrize("path", OPTIMIZER, ids=shown)
def test_the_optimizer_reads_no_clock_and_opens_nothing(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            assert {alias.name for alias in node.names} <= DATES
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "time":
                assert node.attr in CLOCKS, f"{shown(path)}:{node.lineno}"
            if node.value.id in ("date", "datetime"):
                assert node.attr not in READING_THE_CLOCK, f"{shown(path)}:{node.lineno} reads the clock"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in DOING, f"{shown(path)}:{node.lineno} calls {node.func.id}"


def test_clocks_of_the_optimizer_are_default_arguments_only() -> None:
    for path in OPTIMIZER:
        tree = parsed(path)
        defaults = {
            id(default)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
            for default in (*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None))
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
                assert id(node) in defaults, f"{shown(path)}:{node.lineno} uses a clock that no caller can replace"


@pytest.mark.parametrize("package", ["optimizer", "collectors", "scenarios", "api"])
def test_importing_a_package_does_not_import_a_higher_one(package: str) -> None:
    order = ["optimizer", "collectors", "scenarios", "api"]
    higher = [name for name in order if name != package and order.index(name) > order.index(package)]
    forbidden = [*higher, *(["collectors"] if package == "scenarios" else [])]
    code = f"import sys, {package}; print([n for n in {forbidden!r} if n in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert answer.stdout.strip() == "[]"
