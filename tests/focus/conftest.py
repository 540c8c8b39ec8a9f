"""Shared by the tests of the FOCUS reader and the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.store import EngineLimits, IngestStore


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    """An empty store with little memory, as the tests' bills are small."""
    return IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
