"""What a price book covers and what it lacks."""

from __future__ import annotations

import json
from datetime import date

from collectors.pricing import price_coverage
from optimizer.pricing import PriceBook
from tests.pricing.books import IOWA, IRELAND, OHIO, VIRGINIA, book, egress, price


def test_coverage_counts_rows_with_best_and_worst_confidence_and_age() -> None:
    older = price(meter="put.standard", unit="request", confidence="estimated", as_of_on=date(2023, 1, 1))
    coverage = price_coverage(book([price(), older]))
    (line,) = coverage.covered
    assert (line.service, line.place_id, line.rows) == ("aws_s3", VIRGINIA, 2)
    assert (line.best_confidence, line.worst_confidence) == ("seen", "estimated")
    assert (line.oldest_on, line.newest_on) == (date(2023, 1, 1), date(2026, 9, 18))


def test_a_service_is_missing_where_its_cloud_has_a_place_but_the_book_no_price() -> None:
    hosted = [
        price(provider="snowflake", service="snowflake", meter="credit.standard", unit="credit", place_id=place_id)
        for place_id in (VIRGINIA, IRELAND)
    ]
    coverage = price_coverage(book([price(), egress(IRELAND, "0.087"), *hosted]))
    # S3 lacks Ohio; Azure has Ireland only and is complete; Snowflake runs on two clouds and lacks Ohio of theirs.
    assert coverage.missing == (("aws_s3", OHIO), ("snowflake", OHIO))
    assert IOWA not in {place_id for _, place_id in coverage.missing}


def test_rows_for_display_hold_what_is_covered_and_what_is_missing() -> None:
    rows = price_coverage(book([price()])).to_rows()
    assert [(row["service"], row["place_id"], row["rows"]) for row in rows] == [
        ("aws_s3", VIRGINIA, 1),
        ("aws_s3", OHIO, 0),
    ]
    assert rows[1]["worst_confidence"] is None
    assert len({tuple(row) for row in rows}) == 1
    assert json.loads(json.dumps(rows)) == rows


def test_the_embedded_book_covers_what_the_spine_needs(embedded: PriceBook) -> None:
    by_service = {row["service"]: row for row in price_coverage(embedded).by_service()}
    at_least = {
        "aws_s3": 34,
        "azure_blob": 50,
        "gcp_gcs": 40,
        "aws_ec2": 29,
        "azure_vm": 50,
        "gcp_gce": 40,
        "aws_transfer": 30,
        "azure_transfer": 50,
        "gcp_transfer": 40,
        "snowflake": 35,
        "databricks": 50,
        "gcp_bigquery": 40,
        "aws_athena": 25,
        "aws_glue": 25,
    }
    short = {
        service: by_service[service]["places"]
        for service, places in at_least.items()
        if by_service[service]["places"] < places
    }
    assert short == {}


def test_an_empty_book_covers_nothing() -> None:
    coverage = price_coverage(book())
    assert (coverage.covered, coverage.missing, coverage.to_rows(), coverage.by_service()) == ((), (), [], [])
