"""The contract suite over both ways in which Google Cloud delivers bills."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.store import IngestStore
from tests.collect.contract import (
    PERIODS,
    Contract,
    History,
    collect,
    costs_of,
    read_back,
    some_rows,
    stored,
)
from tests.collect.gcp.vendor import ENVIRON, FILES_WAIVED, TABLE_WAIVED, BigQueryVendor, GcsFilesVendor
from tests.collect.vendor import BilledRow, Vendor


class TestBillingFiles(Contract):
    waived = FILES_WAIVED
    secrets = tuple(ENVIRON.values())

    @pytest.fixture
    def vendor(self, files_vendor: GcsFilesVendor) -> GcsFilesVendor:
        files_vendor.rows_of_two_files = 4
        return files_vendor


@dataclass
class GrowingHistory(History):
    """A history of an export that only grows: a new delivery of a month has the rows before it as well."""

    billed: dict[str, list[BilledRow]] = field(default_factory=dict)

    def deliver(self, *, empty: bool = False) -> None:
        """More rows of some month."""
        period = self.draw.choice(PERIODS)
        self.run += 1
        rows = [*self.billed.get(period, []), *some_rows(self.draw, self.vendor.currencies)]
        self.vendor.deliver(period, rows, run=f"run-{self.run}")
        self.billed[period] = rows
        self.delivered[period] = costs_of(rows)


@pytest.mark.covers("gcp", "billing")
class TestDetailedTable(Contract):
    """The emulator of BigQuery takes 50 ms a query, so fewer histories are run; the files run all of them.

    What the suite does with a month that is restated with fewer rows cannot befall an export that only grows, and is
    refused (``RowsLost``); here a month is restated by a row more.
    """

    waived = TABLE_WAIVED
    history = GrowingHistory
    secrets = tuple(ENVIRON.values())

    @pytest.fixture
    def vendor(self, table_vendor: BigQueryVendor) -> BigQueryVendor:
        return table_vendor

    def test_a_restated_month_is_replaced_whole_and_the_old_one_stays_in_history(
        self, vendor: Vendor, store: IngestStore
    ) -> None:
        rows = [BilledRow(cost=Decimal("1")), BilledRow(cost=Decimal("2"), day=3)]
        vendor.deliver(PERIODS[0], rows, run="one")
        collect(vendor, store)
        vendor.deliver(PERIODS[0], [*rows, BilledRow(cost=Decimal("-0.25"), category="Credit")], run="two")
        collect(vendor, store)
        assert stored(store) == {PERIODS[0]: (3, (("USD", Decimal("2.75")),))}
        assert read_back(store) == {PERIODS[0]: (("USD", Decimal("2.75")),)}
        assert [(version.rows, version.current) for version in store.history()] == [(2, False), (3, True)]

    @pytest.mark.slow
    @pytest.mark.timeout(900)
    @pytest.mark.parametrize("seed", range(2))
    def test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(
        self, vendor: Vendor, tmp_path: Path, seed: int
    ) -> None:
        super().test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(vendor, tmp_path, seed)
