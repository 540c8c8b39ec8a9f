"""Figures of the benchmarks: printed, and kept in RESULTS.md with the machine and versions that they were taken on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
LIBRARIES: Final = ("ortools", "duckdb", "numpy", "pandas", "pyarrow")
Row = Mapping[str, object]
Record = Callable[[str, Sequence[Row]], None]


def machine() -> str:
    """Processor, cores, memory and versions, as one line."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cpus = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", cpus.read_text()) if cpus.is_file() else None
    name = found.group(1) if found else platform.machine()
    libraries = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    return f"{name}, {os.cpu_count()} cores, {memory_gb:.0f} GB; Python {platform.python_version()}, {libraries}"


def as_table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([str(row[column]) for column in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_section(text: str, title: str, body: str) -> str:
    """The text with the section of that title replaced, or added at the end."""
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    kept = [section for section in sections[1:] if section.split("\n", 1)[0] != title]
    return "## ".join([sections[0], *sorted([*kept, f"{title}\n\n{body}\n\n"])]).rstrip() + "\n"


@pytest.fixture
def record() -> Record:
    """Print rows under a title and keep them in RESULTS.md; sections of other benchmarks stay."""

    def keep(title: str, rows: Sequence[Row]) -> None:
        body = f"{machine()}\n\n{as_table(rows)}"
        print(f"\n{title}\n{body}")
        heading = "# Results\n\nWritten by `make bench`; each section says what it was measured on.\n\n"
        text = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else heading
        RESULTS.write_text(with_section(text, title, body), encoding="utf-8")

    return keep
