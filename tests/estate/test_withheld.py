"""No recommendation rests on a month that does not add up, and marketplace lines count once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.collector import IndependentTotal
from collectors.commit.reconcile import compare
from collectors.estate import NoCompleteMonth, build_estate
from collectors.focus import ingest_files
from collectors.inventory import Inventory
from collectors.store import IngestStore
from collectors.store.checks import SourceSetting
from tests.estate.bills import AS_OF_ON, EC2, INGESTED_AT, MONTHS, charge, stored
from tests.focus.bills import row, write_bill

OWN = {
    "ServiceProviderName": "Snowflake",
    "HostProviderName": "Snowflake",
    "ProviderName": "Snowflake",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-31T00:00:00Z",
    "ChargePeriodEnd": "2026-11-01T00:00:00Z",
}
NOTHING = Inventory(workloads=(), resources=(), consumers=(), datasets=(), dataset_bands=(), lineage=(), commitments=())


def state_total(store: IngestStore, month: str, cost: str) -> None:
    (version,) = [each for each in store.periods() if each.period == month]
    total = IndependentTotal(costs={"USD": Decimal(cost)}, final=True, origin="invoice 7")
    store.keep_checks([compare(version, total, at=INGESTED_AT)])


def three_months(folder: Path) -> IngestStore:
    return stored(folder, [charge("i-1", "BoxUsage", "10", month=month, ServiceName=EC2) for month in MONTHS])


def test_a_month_that_does_not_match_is_left_out_and_said(tmp_path: Path) -> None:
    store = three_months(tmp_path)
    state_total(store, MONTHS[1], "11")
    build = build_estate(store, NOTHING, as_of_on=AS_OF_ON)
    assert build.estate.billing_months == (MONTHS[0], MONTHS[2])
    oddity = build.oddity("month_withheld")
    assert oddity is not None
    assert "10.00 USD stored, 11.00 USD expected" in oddity.examples[0]
    assert build.oddity("month_not_used") is None


def test_a_month_that_matches_is_used(tmp_path: Path) -> None:
    store = three_months(tmp_path)
    state_total(store, MONTHS[1], "10.01")
    build = build_estate(store, NOTHING, as_of_on=AS_OF_ON)
    assert build.estate.billing_months == MONTHS
    assert build.oddity("month_withheld") is None


def test_without_any_month_that_adds_up_there_is_no_estate(tmp_path: Path) -> None:
    store = stored(tmp_path, [charge("i-1", "BoxUsage", "10", month=MONTHS[2])])
    state_total(store, MONTHS[2], "12")
    with pytest.raises(NoCompleteMonth, match=r"does not match: 10\.00 USD stored, 12\.00 USD expected"):
        build_estate(store, NOTHING, as_of_on=AS_OF_ON)


def test_a_month_that_changed_after_it_did_not_match_is_withheld_until_it_is_compared_again(tmp_path: Path) -> None:
    store = three_months(tmp_path)
    state_total(store, MONTHS[1], "11")
    stored(tmp_path, [charge("i-1", "BoxUsage", "11", month=MONTHS[1])])
    build = build_estate(store, NOTHING, as_of_on=AS_OF_ON)
    assert build.estate.billing_months == (MONTHS[0], MONTHS[2])
    oddity = build.oddity("month_withheld")
    assert oddity is not None
    assert "was not compared again" in oddity.examples[0]
    state_total(store, MONTHS[1], "11")
    assert build_estate(store, NOTHING, as_of_on=AS_OF_ON).estate.billing_months == MONTHS


def test_rows_kept_aside_do_not_make_a_month_match_and_are_said(tmp_path: Path) -> None:
    store = IngestStore.open(tmp_path / "store")
    used = {"ChargePeriodEnd": "2025-02-01T00:00:00Z"}
    rows = [row(BilledCost="10", **used), row(BilledCost="90", BillingCurrency="XXQ", **used)]
    bill = write_bill(tmp_path / "bill.csv", rows)
    ingest_files(store, [bill], source="aws:payer-1", ingested_at=INGESTED_AT)
    (version,) = store.periods()
    total = IndependentTotal(costs={"USD": Decimal(100)}, final=True, origin="invoice 7")
    assert compare(version, total, at=INGESTED_AT).status == "mismatch"
    build = build_estate(store, NOTHING, as_of_on=date(2025, 3, 1))
    oddity = build.oddity("rejected_rows")
    assert oddity is not None
    assert oddity.examples == ("aws:payer-1 2025-01: 90.00 XXQ",)


def test_a_bill_without_the_end_of_its_period_ends_with_its_month(tmp_path: Path) -> None:
    store = IngestStore.open(tmp_path / "store")
    bill = write_bill(tmp_path / "bill.csv", [row(BillingPeriodEnd=None, ChargePeriodEnd="2025-01-31T23:00:00Z")])
    ingest_files(store, [bill], ingested_at=INGESTED_AT)
    assert build_estate(store, NOTHING, as_of_on=date(2025, 3, 1)).estate.billing_months == ("2025-01",)


def test_marketplace_lines_of_a_vendor_billed_in_detail_are_set_aside(tmp_path: Path) -> None:
    lines = [
        charge("i-1", "BoxUsage", "10", month=MONTHS[2]),
        charge(None, "Marketplace fee", "40", month=MONTHS[2], ServiceName="Snowflake Data Cloud"),
    ]
    store = stored(tmp_path, lines)
    whole = build_estate(store, NOTHING, as_of_on=AS_OF_ON)
    assert whole.total_monthly_micro_usd == 50_000_000
    cloud = SourceSetting(source="aws:payer-1", provider="aws", counts=True, billed_through="")
    store.keep_setting(cloud)
    store.keep_setting(replace(cloud, source="snowflake:org", provider="snowflake", billed_through="aws:payer-1"))
    assert build_estate(store, NOTHING, as_of_on=AS_OF_ON).total_monthly_micro_usd == 50_000_000, "no bill of its own"
    own = write_bill(tmp_path / "own.csv", [row(**OWN, BilledCost="41", EffectiveCost="41")])
    ingest_files(store, [own], source="snowflake:org", ingested_at=INGESTED_AT)
    build = build_estate(store, NOTHING, as_of_on=AS_OF_ON)
    assert build.total_monthly_micro_usd == 51_000_000
    oddity = build.oddity("set_aside_marketplace")
    assert oddity is not None
    assert oddity.count == 1
    assert "40" in oddity.examples[0]
