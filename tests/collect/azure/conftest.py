"""Azure in miniature: a blob service, Resource Manager, and an export of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collect.azure.vendor import AzureVendor, azure_vendor
from tests.peers.arm import ArmServer
from tests.peers.emulators import AzuritePeer
from tests.peers.fixtures import arm, azurite  # noqa: F401 - a fixture is found by name


@pytest.fixture
def vendor(azurite: AzuritePeer, arm: ArmServer) -> Iterator[AzureVendor]:  # noqa: F811 - the fixture
    """A FOCUS export."""
    with azure_vendor(azurite, arm, always_through_proxy=True) as made:
        yield made


@pytest.fixture
def amortized(azurite: AzuritePeer, arm: ArmServer) -> Iterator[AzureVendor]:  # noqa: F811 - the fixture
    """An amortised export."""
    with azure_vendor(azurite, arm, is_amortized=True, always_through_proxy=True) as made:
        yield made
