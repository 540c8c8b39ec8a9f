"""The product's own source files, parsed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

from tests.reference import REPOSITORY

PACKAGES: Final = ("optimizer", "collectors", "scenarios", "api")
MODULES: Final = tuple(sorted(path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py")))


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """The path as a person names it."""
    return path.relative_to(REPOSITORY).as_posix()


def module_name(path: Path) -> str:
    """The dotted name under which a source file is imported."""
    steps = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(steps[:-1] if steps[-1] == "__init__" else steps)
