"""What is public says what is true of it, with an example where a rule or term is concerned; examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.costs import TERMS
from optimizer.domain.estate import COMPONENTS
from optimizer.rules import RULES, STRUCTURAL_RULES
from tests.architecture.sources import MODULES, module_name, parsed, shown
from tests.reference import REPOSITORY

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
NOT_RULES = {"__init__", "rule", "selection"}
NOT_TERMS = {"__init__", "term", "component"}


def public_definitions(tree: ast.Module) -> Iterator[tuple[str, Documented]]:
    """Top-level functions and classes without an underscore, and methods of such classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from (
                    (f"{node.name}.{method.name}", method)
                    for method in node.body
                    if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and not method.name.startswith("_")
                )


def is_overload(node: Documented) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(decorator, ast.Name) and decorator.id == "overload" for decorator in node.decorator_list
    )


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_everything_public_has_a_docstring(path: Path) -> None:
    tree = parsed(path)
    if path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(tree), f"{shown(path)} says nothing about itself"
    missing = [
        f"{shown(path)}:{node.lineno} {name}"
        for name, node in public_definitions(tree)
        if not isinstance(node, ast.Module) and not ast.get_docstring(node) and not is_overload(node)
    ]
    assert not missing, missing


@pytest.mark.parametrize("path", [path for path in MODULES if ">>>" in path.read_text(encoding="utf-8")], ids=shown)
def test_examples_in_docstrings_are_true(path: Path) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module_name(path)))
    assert tried
    assert not failed


def members(folder: str, excluded: set[str]) -> list[Path]:
    return [path for path in sorted((REPOSITORY / "optimizer" / folder).glob("*.py")) if path.stem not in excluded]


@pytest.mark.parametrize(
    "path",
    [*members("rules", NOT_RULES), *members("costs", NOT_TERMS)],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_every_rule_and_term_has_a_worked_example(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "xample" in text or ">>>" in text, f"{shown(path)} has no numeric example"


def test_every_rule_module_is_listed() -> None:
    listed = {kind.__module__ for kind in (*RULES, *STRUCTURAL_RULES)}
    assert {module_name(path) for path in members("rules", NOT_RULES)} == listed


def test_every_term_module_is_listed() -> None:
    names = [term.name for term in TERMS]
    assert sorted(names) == sorted(path.stem for path in members("costs", NOT_TERMS))
    assert tuple(names[: len(COMPONENTS)]) == COMPONENTS


def test_every_rule_of_the_format_has_a_name_of_its_own() -> None:
    kinds = [kind.type for kind in (*RULES, *STRUCTURAL_RULES)]
    assert len(set(kinds)) == len(kinds)
