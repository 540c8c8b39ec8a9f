"""Whatever a bill holds: money in equals money stored plus money rejected, and doing it twice changes nothing."""

from __future__ import annotations

import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collectors.focus import ingest_files
from collectors.store import EngineLimits, IngestStore
from tests.focus.bills import NOW, row, write_bill

LIMITS = EngineLimits(memory_mb=300, threads=1)

money = st.decimals(min_value=-(10**9), max_value=10**9, places=12).map(lambda amount: format(amount, "f"))
dirty_money = st.one_of(
    money,
    money,
    st.sampled_from(["", "NULL", "null", "n/a", "1,000.5", "$3", "NaN", "Infinity", "1e3", "-2.5E-7", "1e30", "0x10"]),
    st.sampled_from(["+4", " 7 ", ".5", "5.", "1_000", "--1", "1.0000000000001"]),
)
words = st.one_of(
    st.sampled_from(["NULL", "", "x", 'say "hi"', "a,b", "two\nlines", "caf\u00e9", "0.5", "\u2028", "'", ";", " "]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)
months = st.sampled_from(
    ["2025-01-01T00:00:00Z", "2025-02-01 00:00:00", "2025-01-15", "", "never", "NULL", "1850-01-01"]
)
dirty_row = st.builds(
    row,
    BilledCost=dirty_money,
    EffectiveCost=dirty_money,
    ListUnitPrice=dirty_money,
    BillingPeriodStart=months,
    BillingCurrency=st.sampled_from(["USD", "USD", "usd", "EUR", "", "XXQ", "NULL"]),
    BillingAccountId=st.sampled_from(["1", "2", "NULL", ""]),
    ChargeCategory=st.sampled_from(["Usage", "usage", "Credit", "Gift", ""]),
    RegionId=words,
    AvailabilityZone=words,
    ResourceName=words,
    Tags=words,
    x_Note=words,
)
tables = st.lists(dirty_row, min_size=1, max_size=12)
suffixes = st.sampled_from([".csv", ".csv.gz", ".parquet"])


def readable(text: str | None) -> Decimal:
    """A cell as money, by Python's own decimals; zero when it is none."""
    try:
        amount = Decimal((text or "").strip())
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() and abs(amount) < Decimal(10) ** 26 else Decimal(0)


# Not shrunk: an example takes a second, and the rows of a failing one are few enough to read.
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(first=tables, second=tables, suffix=suffixes)
def test_money_in_is_money_stored_plus_money_rejected(
    first: list[dict[str, str | None]], second: list[dict[str, str | None]], suffix: str
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bills = [write_bill(folder / f"a{suffix}", first), write_bill(folder / f"b{suffix}", second)]
        store = IngestStore.open(folder / "store", limits=LIMITS)
        mirrored = IngestStore.open(folder / "mirrored", limits=LIMITS)

        report = ingest_files(store, bills, ingested_at=NOW)
        again = ingest_files(store, bills[::-1], ingested_at=NOW)
        mirrored_report = ingest_files(mirrored, bills[::-1], ingested_at=NOW)

        rows = first if bills[0].read_bytes() == bills[1].read_bytes() else first + second
        expected = sum((readable(each["BilledCost"]) for each in rows), Decimal(0))
        stored = sum(report.billed_cost.values(), Decimal(0))
        rejected = sum(report.rejected_cost.values(), Decimal(0))
        assert abs(stored + rejected - expected) < Decimal("1e-9")
        assert report.rows + report.rejected_rows == len(rows)
        assert report.rejected_rows == sum(each.rows for each in report.rejections)

        assert again.unchanged
        assert (again.rows, again.billed_cost) == (report.rows, report.billed_cost)
        assert len(store.history()) == len(report.versions)
        assert mirrored.fingerprint() == store.fingerprint()
        assert mirrored_report.billed_cost == report.billed_cost
        assert contents(mirrored) == contents(store)


def contents(store: IngestStore) -> list[tuple[object, ...]]:
    """Everything that readers see."""
    with store.connect() as connection:
        rows = connection.execute("SELECT * FROM cost_and_usage ORDER BY source, billing_period, row_number").fetchall()
        return rows + connection.execute("SELECT * FROM rejects ORDER BY ALL").fetchall()
