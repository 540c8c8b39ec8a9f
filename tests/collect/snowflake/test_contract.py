"""The contract of all collectors, kept by Snowflake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.collect.contract import Contract
from tests.collect.snowflake.vendor import WAIVED, SnowflakeVendor, snowflake_vendor
from tests.collect.vendor import Fault
from tests.peers.warehouses import SnowflakePeer


@pytest.mark.covers("snowflake", "billing")
class TestSnowflake(Contract):
    """Runs it."""

    waived: ClassVar[dict[Fault, str]] = WAIVED

    @pytest.fixture
    def vendor(self, snowflake: SnowflakePeer) -> Iterator[SnowflakeVendor]:
        """Empty usage views."""
        type(self).secrets = (snowflake.password,)
        with snowflake_vendor(snowflake) as made:
            yield made
