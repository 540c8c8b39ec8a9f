"""A Snowflake account with the usage views of an organisation, in a database that no other test uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collect.snowflake.account import UsageAccount
from tests.collect.snowflake.vendor import SnowflakeVendor, snowflake_vendor
from tests.peers.fixtures import snowflake  # noqa: F401 - a fixture is found by name
from tests.peers.warehouses import SnowflakePeer


@pytest.fixture
def account(snowflake: SnowflakePeer) -> Iterator[UsageAccount]:  # noqa: F811 - the fixture
    """Empty usage views."""
    with UsageAccount(snowflake) as made:
        yield made


@pytest.fixture
def vendor(snowflake: SnowflakePeer) -> Iterator[SnowflakeVendor]:  # noqa: F811 - the fixture
    """The contract suite's vendor."""
    with snowflake_vendor(snowflake) as made:
        yield made
