"""The same money under two sources is found, month by month, and what only looks like it is not."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.commit import find_overlaps, period_standings
from collectors.focus import ingest_files
from collectors.store import IngestStore
from collectors.store.checks import SourceSetting
from tests.focus.bills import NOW, row, write_bill

FEBRUARY = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}
SNOWFLAKE = {
    "ServiceProviderName": "Snowflake",
    "HostProviderName": "Snowflake",
    "ProviderName": "Snowflake",
    "BillingAccountId": "org-1",
    "SubAccountId": None,
    "ServiceName": "Warehouse",
}


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    return IngestStore.open(tmp_path / "store")


def put(store: IngestStore, folder: Path, source: str, *rows: dict[str, str | None]) -> None:
    ingest_files(store, [write_bill(folder / f"{source.replace(':', '-')}.csv", rows)], source=source, ingested_at=NOW)


def setting(source: str, provider: str, *, counts: bool = True, billed_through: str = "") -> SourceSetting:
    return SourceSetting(source=source, provider=provider, counts=counts, billed_through=billed_through)


def test_two_exports_of_one_account_overlap_in_the_months_that_both_hold(store: IngestStore, tmp_path: Path) -> None:
    put(store, tmp_path, "aws:focus", row(BilledCost="10"), row(BilledCost="5", **FEBRUARY))
    put(store, tmp_path, "aws:cur", row(BilledCost="9.99"))
    (overlap,) = find_overlaps(store)
    assert (overlap.kind, overlap.period, overlap.sources) == ("same_bill", "2025-01", ("aws:cur", "aws:focus"))
    assert dict(overlap.costs) == {"USD": Decimal("9.99")}
    assert "both hold 9.99 USD of the bill" in overlap.meaning
    assert "counts = false" in overlap.meaning
    withheld = {each.version.period: each.withheld for each in period_standings(store, now=NOW)}
    assert withheld["2025-01"] == overlap.meaning
    assert withheld["2025-02"] == ""


def test_a_source_that_does_not_count_overlaps_nothing_and_is_read_by_nobody(
    store: IngestStore, tmp_path: Path
) -> None:
    put(store, tmp_path, "aws:focus", row(BilledCost="10"))
    put(store, tmp_path, "aws:cur", row(BilledCost="9.99"))
    seen = store.fingerprint()
    store.keep_setting(setting("aws:cur", "aws", counts=False))
    assert find_overlaps(store) == ()
    assert store.fingerprint() != seen
    with store.connect() as connection:
        assert connection.execute("SELECT sum(BilledCost) FROM cost_and_usage").fetchone() == (Decimal(10),)
    assert [(each.version.source, each.counts) for each in period_standings(store, now=NOW)] == [
        ("aws:cur", False),
        ("aws:focus", True),
    ]


def test_exports_of_different_sub_accounts_share_only_rows_without_one(store: IngestStore, tmp_path: Path) -> None:
    tax = row(SubAccountId=None, ChargeCategory="Tax")
    put(store, tmp_path, "azure:one", row(SubAccountId="a"), tax)
    put(store, tmp_path, "azure:two", row(SubAccountId="b"), tax)
    assert find_overlaps(store) == ()


def test_two_vendors_may_number_their_accounts_alike(store: IngestStore, tmp_path: Path) -> None:
    put(store, tmp_path, "aws:one", row())
    names = {"ServiceProviderName": "Google Cloud", "HostProviderName": "Google Cloud", "ProviderName": "Google Cloud"}
    put(store, tmp_path, "gcp:one", row(**names))
    assert find_overlaps(store) == ()


def test_a_vendor_sold_through_a_marketplace_is_found_in_the_clouds_bill(store: IngestStore, tmp_path: Path) -> None:
    put(store, tmp_path, "aws:focus", row(BilledCost="100"), row(BilledCost="40", PublisherName="Snowflake Inc."))
    put(store, tmp_path, "snowflake:org", row(BilledCost="41", **SNOWFLAKE))
    store.keep_setting(setting("aws:focus", "aws"))
    store.keep_setting(setting("snowflake:org", "snowflake"))
    (overlap,) = find_overlaps(store)
    assert (overlap.kind, overlap.sources) == ("marketplace", ("aws:focus", "snowflake:org"))
    assert dict(overlap.costs) == {"USD": Decimal(40)}
    assert 'billed_through = "aws:focus"' in overlap.meaning
    store.keep_setting(setting("snowflake:org", "snowflake", billed_through="aws:focus"))
    assert find_overlaps(store) == ()


def test_a_month_without_the_vendors_own_bill_keeps_its_marketplace_lines(store: IngestStore, tmp_path: Path) -> None:
    put(store, tmp_path, "aws:focus", row(BilledCost="40", PublisherName="Snowflake Inc."))
    put(store, tmp_path, "snowflake:org", row(BilledCost="41", **SNOWFLAKE, **FEBRUARY))
    store.keep_setting(setting("aws:focus", "aws"))
    store.keep_setting(setting("snowflake:org", "snowflake"))
    assert find_overlaps(store) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ServiceProviderName": "AWS"}, {"ServiceProviderName": "Amazon Web Services"}),
        (
            {"BillingAccountId": "/providers/Microsoft.Billing/billingAccounts/1234567"},
            {"BillingAccountId": "1234567"},
        ),
        ({"SubAccountId": "/subscriptions/ABC"}, {"SubAccountId": "abc"}),
        ({"SubAccountId": "abc"}, {"SubAccountId": None}),
    ],
    ids=["provider", "account", "sub-account", "without sub-accounts"],
)
def test_one_bill_in_two_spellings_is_still_one_bill(
    store: IngestStore, tmp_path: Path, one: dict[str, str | None], other: dict[str, str | None]
) -> None:
    put(store, tmp_path, "a:one", row(**({"BilledCost": "10"} | one)))
    put(store, tmp_path, "b:other", row(**({"BilledCost": "9"} | other)))
    (overlap,) = find_overlaps(store)
    assert overlap.sources == ("a:one", "b:other")


def test_a_clouds_bill_that_came_in_by_files_is_looked_at_for_marketplace_lines_too(
    store: IngestStore, tmp_path: Path
) -> None:
    put(store, tmp_path, "partner", row(BilledCost="40", ServiceName="Snowflake Data Cloud"))
    put(store, tmp_path, "snowflake:org", row(BilledCost="41", **SNOWFLAKE))
    store.keep_setting(setting("snowflake:org", "snowflake"))
    assert [each.kind for each in find_overlaps(store)] == ["marketplace"]


def test_thousands_of_sub_accounts_are_compared_in_a_moment(store: IngestStore, tmp_path: Path) -> None:
    rows = [row(SubAccountId=f"sub-{number}", BilledCost="1") for number in range(3000)]
    put(store, tmp_path, "a:one", *rows)
    put(store, tmp_path, "b:other", *rows[:10])
    began = time.process_time()
    (overlap,) = find_overlaps(store)
    assert dict(overlap.costs) == {"USD": Decimal(10)}
    assert time.process_time() - began < 3
