"""The contract of all collectors, kept by Databricks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.collect.contract import Contract
from tests.collect.databricks.vendor import WAIVED, DatabricksVendor, databricks_vendor
from tests.collect.vendor import Fault
from tests.peers.warehouses import DatabricksPeer


@pytest.mark.covers("databricks", "billing")
class TestDatabricks(Contract):
    """Runs it."""

    waived: ClassVar[dict[Fault, str]] = WAIVED

    @pytest.fixture
    def vendor(self, databricks: DatabricksPeer) -> Iterator[DatabricksVendor]:
        """Empty system tables."""
        type(self).secrets = (databricks.token,)
        with databricks_vendor(databricks) as made:
            yield made
