"""Shared by the tests of signals."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.signals.store import SignalStore
from collectors.store import EngineLimits

SMALL = EngineLimits(memory_mb=300, threads=1)


@pytest.fixture
def signals(tmp_path: Path) -> SignalStore:
    """An empty store of signals with little memory."""
    return SignalStore.open(tmp_path / "store", limits=SMALL)
