"""Bills worked out by hand from the vendors' published figures, held against the embedded book."""

from __future__ import annotations

from decimal import Decimal

import pytest

from optimizer.pricing import WAREHOUSE_CREDITS_PER_HOUR, PriceBook, TierSchedule
from optimizer.units import usd


def schedule(book: PriceBook, service: str, meter: str, place_id: str) -> TierSchedule:
    found = book.schedule(service=service, meter=meter, place_id=place_id)
    assert found is not None, f"{service} {meter} at {place_id} is not priced"
    return found


@pytest.mark.parametrize(
    ("service", "meter", "place_id", "quantity", "expected_usd"),
    [
        # 600 TB are 600 x 10^12 / 2^30 = 558,793.5448 GiB, billed as "GB":
        # 51,200 x 0.023 + 460,800 x 0.022 + 46,793.5448 x 0.021 = 1,177.60 + 10,137.60 + 982.66444
        ("aws_s3", "storage.standard", "aws:us-east-1", 600_000, "12297.864440"),
        # 60 TB are 55,879.3545 GiB: 51,200 x 0.0208 + 4,679.3545 x 0.019968 = 1,064.96 + 93.437350
        ("azure_blob", "storage.hot", "azure:eastus", 60_000, "1158.397350"),
        # 10 TB are 9,313.22575 GiB x 0.01
        ("gcp_gcs", "retrieval.nearline", "gcp:us-central1", 10_000, "93.132257"),
        # 1 TB is 931.322575 GiB x 0.00099
        ("aws_s3", "storage.deep_archive", "aws:us-east-1", 1_000, "0.922009"),
        # a million PUT at 0.005 per thousand; ten million GET at 0.0004 per thousand
        ("aws_s3", "put.standard", "aws:us-east-1", 1_000_000, "5.000000"),
        ("aws_s3", "get.standard", "aws:us-east-1", 10_000_000, "4.000000"),
        # 20 TB: 10,240 x 0.09 + 9,760 x 0.085 = 921.60 + 829.60
        ("aws_transfer", "internet", "aws:us-east-1", 20_000, "1751.200000"),
        # 20 TB: the 100 GB allowance is an account's, so 10,235 x 0.087 + 9,765 x 0.083 = 890.445 + 810.495
        ("azure_transfer", "internet", "azure:eastus", 20_000, "1700.940000"),
        # 2 TB are 1,862.64515 GiB: 1,024 x 0.12 + 838.64515 x 0.11 = 122.88 + 92.250967
        ("gcp_transfer", "internet", "gcp:us-central1", 2_000, "215.130966"),
        # 100 TB are 90.9494702 TiB x 6.25
        ("gcp_bigquery", "scan", "gcp:us-central1", 100_000, "568.434189"),
        # 100 TB x 5.00
        ("aws_athena", "scan", "aws:us-east-1", 100_000, "500.000000"),
        # 704 credits x 3.00; 50 TB x 23.00
        ("snowflake", "credit.enterprise", "aws:us-east-1", 704, "2112.000000"),
        ("snowflake", "storage", "aws:us-east-1", 50_000, "1150.000000"),
        # 1,000 DBU x 0.30; 1,000 DPU-hours x 0.44
        ("databricks", "dbu.jobs", "azure:eastus", 1_000, "300.000000"),
        ("aws_glue", "dpu_hour", "aws:us-east-1", 1_000, "440.000000"),
    ],
)
def test_a_bill_worked_out_by_hand_is_what_the_book_says(
    embedded: PriceBook, service: str, meter: str, place_id: str, quantity: float, expected_usd: str
) -> None:
    charged = schedule(embedded, service, meter, place_id).charge_micro_usd(quantity)
    assert abs(usd(charged) - Decimal(expected_usd)) <= Decimal("0.000001")


def test_a_month_of_a_medium_warehouse_is_its_credits_times_the_price_of_one(embedded: PriceBook) -> None:
    credits_used = WAREHOUSE_CREDITS_PER_HOUR["M"] * 8 * 22  # 4 credits x 8 hours x 22 days
    price = schedule(embedded, "snowflake", "credit.standard", "aws:us-east-1")
    assert usd(price.charge_micro_usd(credits_used)) == Decimal("1408.000000")  # 704 x 2.00


@pytest.mark.parametrize(
    ("place_id", "service", "sku", "purchase", "hours", "expected_usd"),
    [
        ("aws:us-east-1", "aws_ec2", "m5.xlarge", "on_demand", 730, "140.160000"),  # 730 x 0.192
        ("aws:us-east-1", "aws_ec2", "m6i.xlarge", "committed_1y", 730, "92.717300"),  # 730 x 0.12701
        ("gcp:us-central1", "gcp_gce", "n2-standard-4", "on_demand", 730, "141.792280"),  # 730 x 0.194236
        ("gcp:us-central1", "gcp_gce", "n2-standard-4", "committed_1y", 730, "89.325720"),  # the published month
        ("azure:eastus", "azure_vm", "Standard_D4s_v5", "on_demand", 730, "140.160000"),  # 730 x 0.192
    ],
)
def test_a_month_of_a_machine_is_its_hours_times_the_price_of_one(
    embedded: PriceBook, place_id: str, service: str, sku: str, purchase: str, hours: float, expected_usd: str
) -> None:
    offer = embedded.machine(place_id, service, sku)
    assert offer is not None
    assert usd(offer.charge_micro_usd(hours, purchase)) == Decimal(expected_usd)


def test_storage_is_published_per_gibibyte_and_quoted_per_gigabyte(embedded: PriceBook) -> None:
    found = schedule(embedded, "aws_s3", "storage.standard", "aws:us-east-1")
    assert found.published_unit == "GiB-month"
    assert found.published_usd == (Decimal("0.023"), Decimal("0.022"), Decimal("0.021"))
    assert found.first_usd == Decimal("0.021420419216")  # 0.023 / 1.073741824


def test_moving_a_gigabyte_costs_what_the_sender_asks(embedded: PriceBook) -> None:
    places = ["aws:us-east-1", "aws:us-east-2", "azure:eastus", "gcp:us-central1"]
    assert embedded.transfer_micro_usd_per_gb(places).tolist() == [
        [0, 10_000, 90_000, 90_000],
        [10_000, 0, 90_000, 90_000],
        [87_000, 87_000, 0, 87_000],
        [111_759, 111_759, 111_759, 0],  # 0.12 per GiB
    ]
