"""From the usage views into the store: shared out, summed to the cent, and compared with the contract's balances."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from collectors.collector import CollectWindow
from collectors.commit import collect_bills, reconcile
from collectors.store import EngineLimits, IngestStore
from tests.collect.snowflake.account import NOW, UsageAccount

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-03")


def test_shares_of_warehouses_are_stored_and_their_sum_is_the_bill(account: UsageAccount, tmp_path: Path) -> None:
    account.bill(USAGE_IN_CURRENCY="0.01")
    account.bill(SERVICE_TYPE="SNOWPIPE", USAGE_IN_CURRENCY="7.77")
    for warehouse in ("A", "B", "C"):
        account.meter(warehouse, 1)
    item = {"CONTRACT_NUMBER": "C-1", "CONTRACT_ITEM": "capacity", "CURRENCY": "USD"}
    account.add("CONTRACT_ITEMS", [{**item, "START_DATE": "2025-01-01", "END_DATE": "2025-12-31", "AMOUNT": "100"}])
    balance = {"CONTRACT_NUMBER": "C-1", "CURRENCY": "USD", "CAPACITY_BALANCE": "92.22"}
    account.add("REMAINING_BALANCE_DAILY", [{**balance, "DATE": day} for day in ("2025-01-31", "2025-02-08")])
    store = IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
    collector = account.collector()
    report = collect_bills(collector, store, WINDOW, now=NOW)
    assert not report.failures, report.failures
    with store.connect() as connection:
        rows = connection.execute(
            "SELECT ResourceId, BilledCost FROM cost_and_usage ORDER BY ResourceId NULLS LAST"
        ).fetchall()
    assert rows == [
        ("acme-prod/warehouse/A", Decimal("0.003333333333")),
        ("acme-prod/warehouse/B", Decimal("0.003333333333")),
        ("acme-prod/warehouse/C", Decimal("0.003333333334")),
        (None, Decimal("7.77")),
    ]
    (check,) = reconcile(collector, store, WINDOW, now=NOW)
    assert (check.level, check.status) == ("independent_total", "matched"), check
