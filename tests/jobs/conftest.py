"""Fixtures of the job tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service with short leases, so that a lost worker is noticed within a second."""
    made = Service(tmp_path, overrides={"lease_seconds": 1.0, "poll_seconds": 0.05})
    yield made
    made.database.close()
