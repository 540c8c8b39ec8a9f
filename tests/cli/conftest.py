"""The console script, run the way a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLACEMENT = Path(sys.executable).with_name("placement")
Placement = Callable[..., "subprocess.CompletedProcess[str]"]
Written = Callable[..., Path]


@pytest.fixture
def placement(tmp_path: Path) -> Placement:
    """Runs ``placement`` with arguments in an empty folder."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(PLACEMENT), *(str(argument) for argument in arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a value as JSON, or text as it is, and gives its path."""

    def write(content: Any, name: str = "problem.json") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write
