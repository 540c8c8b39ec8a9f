"""The contract suite over exports of AWS. CUR 2.0 runs all its histories, the two others one tenth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collect.aws.vendor import WAIVED, AwsVendor, aws_vendor
from tests.collect.contract import Contract
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import MotoPeer


class AwsContract(Contract):
    waived = WAIVED
    secrets = ("testing",)
    kind = "cur_2"

    @pytest.fixture
    def vendor(self, moto: MotoPeer, aws_json: AwsJsonServer) -> Iterator[AwsVendor]:
        with aws_vendor(moto, aws_json, self.kind) as made:
            yield made


@pytest.mark.covers("aws", "billing")
class TestCostAndUsageReport2(AwsContract):
    kind = "cur_2"


class TestFocusExport(AwsContract):
    kind = "focus"

    @pytest.mark.slow
    @pytest.mark.timeout(900)
    @pytest.mark.parametrize("seed", [11])
    def test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(
        self, vendor: AwsVendor, tmp_path: Path, seed: int
    ) -> None:
        super().test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(vendor, tmp_path, seed)


class TestLegacyReport(AwsContract):
    kind = "legacy"

    @pytest.mark.slow
    @pytest.mark.timeout(900)
    @pytest.mark.parametrize("seed", [12])
    def test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(
        self, vendor: AwsVendor, tmp_path: Path, seed: int
    ) -> None:
        super().test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(vendor, tmp_path, seed)
