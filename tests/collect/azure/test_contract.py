"""The contract of all collectors, kept by both formats of Azure: FOCUS runs all histories, the other a tenth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collect.azure.vendor import WAIVED, AzureVendor, azure_vendor
from tests.collect.contract import Contract
from tests.collect.vendor import Vendor
from tests.peers.arm import ArmServer
from tests.peers.emulators import AzuritePeer


@pytest.mark.covers("azure", "billing")
class TestFocusExport(Contract):
    """Exports of kind FocusCost."""

    waived = WAIVED

    @pytest.fixture
    def vendor(self, azurite: AzuritePeer, arm: ArmServer) -> Iterator[AzureVendor]:
        """A FOCUS export, past the proxy while nothing is wrong."""
        with azure_vendor(azurite, arm) as made:
            yield made

    @pytest.fixture(autouse=True)
    def _secrets(self, azurite: AzuritePeer, arm: ArmServer) -> None:
        type(self).secrets = (azurite.account_key, arm.client_secret)


class TestAmortizedExport(TestFocusExport):
    """Exports of kind AmortizedCost."""

    @pytest.fixture
    def vendor(self, azurite: AzuritePeer, arm: ArmServer) -> Iterator[AzureVendor]:
        """An amortised export, past the proxy while nothing is wrong."""
        with azure_vendor(azurite, arm, is_amortized=True) as made:
            yield made

    @pytest.mark.slow
    @pytest.mark.timeout(900)
    @pytest.mark.parametrize("seed", [21])
    def test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(
        self, vendor: Vendor, tmp_path: Path, seed: int
    ) -> None:
        """One tenth of the histories."""
        super().test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(vendor, tmp_path, seed)
