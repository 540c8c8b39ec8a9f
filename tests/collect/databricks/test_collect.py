"""From the system tables into the store: corrections summed, and usage without a price counted, never taken as free."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from collectors.collector import CollectWindow
from collectors.commit import StoredPeriod, UnchangedPeriod, collect_bills
from collectors.store import EngineLimits, IngestStore
from tests.collect.databricks.system_tables import NOW, SystemTables, record

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-01")


def test_corrections_are_summed_and_usage_without_a_price_is_rejected_by_count(
    tables: SystemTables, tmp_path: Path
) -> None:
    # 4.20 - 4.20 + 3.60 = 3.60
    tables.use(record("a"), record("unpriced", sku_name="NOT_ON_THE_LIST"))
    store = IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
    collect_bills(tables.collector(), store, WINDOW, now=NOW)
    tables.use(record("b", quantity="-10.5", record_type="RETRACTION", ingested="2025-02-20"))
    tables.use(record("c", quantity="9", record_type="RESTATEMENT", ingested="2025-02-20"))
    (outcome,) = collect_bills(tables.collector(), store, WINDOW, now=NOW).outcomes
    assert isinstance(outcome, StoredPeriod)
    assert (outcome.report.rows, outcome.report.rejected_rows) == (3, 1)
    assert outcome.report.billed_cost == {"USD": Decimal("3.6")}
    assert [each.reason for each in outcome.report.rejections] == ["no_billed_cost"]
    (again,) = collect_bills(tables.collector(), store, WINDOW, now=NOW).outcomes
    assert isinstance(again, UnchangedPeriod)
