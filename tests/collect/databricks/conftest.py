"""A Databricks workspace with the system tables of an account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collect.databricks.system_tables import SystemTables
from tests.peers.fixtures import databricks  # noqa: F401 - a fixture is found by name
from tests.peers.warehouses import DatabricksPeer


@pytest.fixture
def tables(databricks: DatabricksPeer) -> Iterator[SystemTables]:  # noqa: F811 - the fixture
    """Empty system tables but for a list price."""
    yield SystemTables(databricks)
    databricks.reset()
