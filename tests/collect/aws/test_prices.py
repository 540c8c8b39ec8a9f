"""Price lists: tiers, terms and exact amounts out of JSON in texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from collectors.collector import CollectWindow
from collectors.errors import AccessDenied, ProviderUnavailable
from collectors.readings import Reading
from tests.collect.aws.bucket import BillingBucket
from tests.peers.aws_json import AwsJsonServer

WINDOW = CollectWindow(first_period="2026-01", last_period="2026-03")


def dimension(
    price: str, begin: str = "0", end: str = "Inf", unit: str = "GB-Mo", currency: str = "USD"
) -> dict[str, Any]:
    return {
        "rateCode": f"S.T.{begin}", "unit": unit, "beginRange": begin, "endRange": end, "description": "per GB",
        "pricePerUnit": {currency: price}, "appliesTo": [],
    }  # fmt: skip


def product(*dimensions: dict[str, Any], kind: str = "OnDemand", **attributes: str) -> str:
    offer = {
        "effectiveDate": "2026-01-01T00:00:00Z",
        "priceDimensions": {each["rateCode"]: each for each in dimensions},
        "termAttributes": attributes,
    }
    return json.dumps(
        {
            "product": {"sku": "SKU1", "productFamily": "Storage", "attributes": {"regionCode": "eu-west-1"}},
            "serviceCode": "AmazonS3",
            "terms": {kind: {"SKU1.TERM": offer}},
        }
    )


def prices(bucket: BillingBucket, *services: str, **settings: Any) -> list[Reading]:
    found = bucket.open("focus", price_services=services, **settings).readings("prices", WINDOW)
    return [each for each in found if isinstance(each, Reading)]


@pytest.mark.covers("aws", "prices")
def test_tiers_are_rows_and_the_last_has_no_end(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    tiers = product(dimension("0.0230000000", "0", "51200"), dimension("0.0220000000", "51200", "Inf"))
    aws_json.on("pricing", "GetProducts")(lambda request: {"PriceList": [tiers], "FormatVersion": "aws_v1"})
    (found,) = prices(bucket, "AmazonS3", region="eu-west-1")
    first, second = found.rows.to_pylist()
    assert first == {
        "provider": "aws", "service": "AmazonS3", "sku_id": "SKU1", "sku_price_id": "S.T.0", "region": "eu-west-1",
        "description": "per GB", "unit": "GB-Mo", "currency": "USD", "quantity_from": Decimal(0),
        "quantity_to": Decimal(51200), "unit_price": Decimal("0.023"), "term": "on_demand", "is_contracted": False,
        "effective_from": datetime(2026, 1, 1, tzinfo=UTC), "effective_to": None,
    }  # fmt: skip
    assert (second["quantity_from"], second["quantity_to"]) == (Decimal(51200), None)
    assert (second["unit_price"], found.unit, found.dropped) == (Decimal("0.022"), "AmazonS3", ())


def test_every_service_is_asked_for_in_every_region_page_by_page(
    bucket: BillingBucket, aws_json: AwsJsonServer
) -> None:
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if "NextToken" in request:
            return {"PriceList": [product(dimension("2"))]}
        return {"PriceList": [product(dimension("1"))], "NextToken": "2"}

    aws_json.on("pricing", "GetProducts")(answer)
    found = prices(bucket, "AmazonS3", "AmazonEC2", "AmazonS3", metric_regions=("eu-west-1",))
    assert [each.unit for each in found] == ["AmazonS3", "AmazonEC2"], "one service at a time, each once"
    for each in found:
        assert [row["unit_price"] for row in each.rows.to_pylist()] == [Decimal(1), Decimal(2)] * 2
        assert set(each.rows.column("service").to_pylist()) == {each.unit}
    asked = {(call.body["ServiceCode"], call.body["Filters"][0]["Value"]) for call in aws_json.requests}
    assert asked == {(code, region) for code in ("AmazonS3", "AmazonEC2") for region in ("us-east-1", "eu-west-1")}


@pytest.mark.parametrize(("lease", "term"), [("1yr", "committed_1y"), ("3 yr", "committed_3y")])
def test_reserved_terms_are_committed_prices(
    bucket: BillingBucket, aws_json: AwsJsonServer, lease: str, term: str
) -> None:
    reserved = product(
        dimension("0.1", unit="Hrs"), kind="Reserved", LeaseContractLength=lease, PurchaseOption="No Upfront"
    )
    aws_json.on("pricing", "GetProducts")(lambda request: {"PriceList": [reserved]})
    (found,) = prices(bucket, "AmazonEC2")
    (row,) = found.rows.to_pylist()
    assert (row["term"], row["unit"], row["description"]) == (term, "Hrs", "per GB (No Upfront)")


def test_what_cannot_be_used_is_counted_by_reason(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    listed = [
        product(dimension("free")),
        product(dimension("0.0000000000001")),
        product(dimension("1", "0", "many")),
        product(dimension("1"), kind="Reserved", LeaseContractLength="5yr"),
        product(dimension("0.5", currency="CNY")),
    ]
    aws_json.on("pricing", "GetProducts")(lambda request: {"PriceList": listed})
    (found,) = prices(bucket, "AmazonS3")
    assert [(row["currency"], row["unit_price"]) for row in found.rows.to_pylist()] == [("CNY", Decimal("0.5"))]
    assert dict(found.dropped) == {
        "a price or a limit of a tier that is no number of at most twelve decimals": 3,
        "a term that is neither on demand nor of one or three years": 1,
    }


def test_a_service_is_handed_over_before_the_next_is_asked_for(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    aws_json.on("pricing", "GetProducts")(lambda request: {"PriceList": [product(dimension("1"))]})
    found = bucket.open("focus", price_services=("AmazonS3", "AmazonEC2")).readings("prices", WINDOW)
    assert isinstance(next(found), Reading)
    assert {call.body["ServiceCode"] for call in aws_json.requests} == {"AmazonS3"}


def test_a_long_price_list_is_one_table(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    page = [product(*(dimension(str(price), begin=str(price)) for price in range(500)))] * 50
    aws_json.on("pricing", "GetProducts")(lambda request: {"PriceList": page})
    (found,) = prices(bucket, "AmazonEC2")
    assert [int(price) for price in found.rows.column("unit_price").to_pylist()] == list(range(500)) * 50


def test_no_price_list_is_asked_for_without_a_service(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    assert prices(bucket) == []
    assert aws_json.requests == []


def test_answers_that_are_no_price_list_and_refusals_are_named(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    aws_json.on("pricing", "GetProducts")(lambda request: {"PriceList": ["no json"]})
    with pytest.raises(ProviderUnavailable, match="not JSON in the price list of AmazonS3 in us-east-1"):
        prices(bucket, "AmazonS3")
    aws_json.fail_next("AccessDeniedException", 400)
    with pytest.raises(AccessDenied, match="grant pricing:GetProducts"):
        prices(bucket, "AmazonS3")
