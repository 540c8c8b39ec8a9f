"""A thousand rows of real, anonymised, dirty bills."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

from collectors.focus import ingest_files
from collectors.store import IngestStore
from tests.focus.bills import NOW
from tests.reference import REFERENCE_DATA, needs_reference_data

SAMPLE = REFERENCE_DATA / "focus" / "focus_1_0_sample_1000.csv"


def sample_rows() -> list[dict[str, str]]:
    with SAMPLE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@needs_reference_data
def test_the_real_sample_reconciles_to_the_last_digit(store: IngestStore) -> None:
    rows = sample_rows()

    report = ingest_files(store, [SAMPLE], ingested_at=NOW)

    assert report.rows + report.rejected_rows == len(rows) == 1000
    total = sum((Decimal(each["BilledCost"]) for each in rows), Decimal(0))
    assert report.billed_cost["USD"] + sum(report.rejected_cost.values()) == total
    by_provider: Counter[str] = Counter()
    for each in rows:
        by_provider[each["ProviderName"]] += Decimal(each["BilledCost"])  # type: ignore[assignment]
    with store.connect() as connection:
        stored = dict(
            connection.execute("SELECT ServiceProviderName, sum(BilledCost) FROM cost_and_usage GROUP BY 1").fetchall()
        )
    assert stored == by_provider
    assert {v.contents.focus_versions for v in report.versions} == {("1.0",)}


@needs_reference_data
def test_every_known_oddity_of_the_real_sample_is_reported(store: IngestStore) -> None:
    rows = sample_rows()
    report = ingest_files(store, [SAMPLE], ingested_at=NOW)
    found = {(each.code, each.column): each.rows for each in report.oddities}

    for column in rows[0]:
        written = sum(each[column] == "NULL" for each in rows)
        assert found.get(("null_text", column), 0) == written, column
    assert found["unknown_column", "Id"] == 1000
    assert found["value_casing", "ChargeFrequency"] == sum(each["ChargeFrequency"] == "Usage-based" for each in rows)
    assert found["shifted_cell", "AvailabilityZone"] == sum(_is_number(each["AvailabilityZone"]) for each in rows) > 0
    assert found["mangled_arn", "ResourceId"] == sum(each["ResourceId"].startswith("arn:ats:") for each in rows)
    assert found["negative_unit_price", "ContractedUnitPrice"] == 1
    assert found["rounded_cost", "EffectiveCost"] > 500
    for column in ("PricingQuantity", "ConsumedQuantity"):
        below_zero = [each for each in rows if each[column] not in ("", "NULL") and float(each[column]) < 0]
        assert found["negative_quantity", column] == len(below_zero) > 0, column
    assert {code for code, _ in found} == {
        "contracted_cost_differs",
        "empty_required",
        "mangled_arn",
        "negative_quantity",
        "negative_unit_price",
        "null_text",
        "rounded_cost",
        "shifted_cell",
        "unknown_column",
        "value_casing",
    }


@needs_reference_data
def test_no_cell_of_the_real_sample_is_lost(store: IngestStore, tmp_path: Path) -> None:
    """Cell by cell: stored as it was, or empty where an oddity says why."""
    ingest_files(store, [SAMPLE], ingested_at=NOW)
    texts = ("ChargeDescription", "ResourceId", "SkuId", "ServiceName", "RegionName", "SubAccountId", "Tags")
    with store.connect() as connection:
        stored = connection.execute(
            f"SELECT {', '.join(texts)}, json_extract_string(x_columns, '$.Id') FROM cost_and_usage ORDER BY row_number"
        ).fetchall()
    for written, kept in zip(sample_rows(), stored, strict=True):
        expected = [written[column] if written[column] not in ("", "NULL") else None for column in texts]
        assert [*expected, written["Id"]] == list(kept)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
