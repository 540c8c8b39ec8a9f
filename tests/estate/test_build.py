"""The estate that small bills and inventories describe, to the micro-dollar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectors.estate import EstateBuild, NoCompleteMonth, build_estate
from collectors.inventory import CommitmentRow, ConsumerRow
from collectors.pricing import load_price_book
from collectors.store import IngestStore
from optimizer.domain.estate import BilledMonth, Consumer
from optimizer.errors import InvalidEstate
from tests.estate.bills import (
    AS_OF_ON,
    EC2,
    MONTHS,
    S3,
    band,
    charge,
    dataset,
    inventory,
    reads,
    stored,
    workload,
)


def assert_conserved(build: EstateBuild) -> None:
    parts = build.matched_monthly_micro_usd + build.transfer_monthly_micro_usd + build.unmatched_monthly_micro_usd
    assert parts == build.total_monthly_micro_usd
    assert sum(build.by_provider.values()) == build.total_monthly_micro_usd
    things = (*build.estate.workloads, *build.estate.datasets)
    assert sum(thing.billed.total_micro_usd for thing in things) == build.matched_monthly_micro_usd
    assert sum(cost.monthly_micro_usd for cost in build.unmatched) == build.unmatched_monthly_micro_usd


def test_costs_are_averaged_over_the_complete_months_by_component(tmp_path: Path) -> None:
    costs = {"2026-08": "300", "2026-09": "330", "2026-10": "360"}
    charges = [charge("i-1", "BoxUsage:m5.xlarge", cost, month=month) for month, cost in costs.items()]
    for month in MONTHS:
        charges += [
            charge("i-1", "EBS:VolumeUsage.gp3", "12", month=month),
            charge("bucket-1", "TimedStorage-ByteHrs", "2.30", month=month, ServiceName=S3),
            charge("bucket-1", "Requests-Tier1", "0.05", month=month, ServiceName=S3),
            charge("bucket-1", "Retrieval-SIA", "1", month=month, ServiceName=S3),
            charge("bucket-1", "DataTransfer-Out-Bytes", "9", month=month, ServiceName=S3),
        ]
    build = build_estate(
        stored(tmp_path, charges),
        inventory(
            workloads=[workload("app")],
            datasets=[dataset("trades")],
            dataset_bands=[band("trades", min_age_days=30), band("trades", max_age_days=30)],
            consumers=[ConsumerRow(workload_id="app", place="aws:eu-west-1", max_rtt_ms=80.0)],
            lineage=[reads("app", "trades")],
            resources={"i-1": "app", "bucket-1": "trades"},
        ),
        as_of_on=AS_OF_ON,
    )
    [app], [trades] = build.estate.workloads, build.estate.datasets
    assert build.estate.billing_months == MONTHS
    assert app.billed == BilledMonth(compute_micro_usd=330_000_000, storage_micro_usd=12_000_000)
    assert trades.billed == BilledMonth(
        storage_micro_usd=2_300_000, requests_micro_usd=50_000, retrieval_micro_usd=1_000_000
    )
    assert [part.min_age_days for part in trades.bands] == [0, 30]
    assert app.consumers == (Consumer(place_id="aws:eu-west-1", max_rtt_ms=80.0),)
    assert (app.resource_ids, app.billing_account_id, app.sub_account_id) == (("i-1",), "payer-1", "account-1")
    assert build.transfer_monthly_micro_usd == 9_000_000
    assert build.unmatched == ()
    assert build.by_provider == {"aws": 354_350_000}
    assert_conserved(build)


def test_unmatched_cost_is_shown_by_service_region_and_reason(tmp_path: Path) -> None:
    purchase = {"ChargeCategory": "Purchase", "ServiceName": "Dashboards Ltd", "RegionId": None}
    unused = {
        "CommitmentDiscountId": "sp-1",
        "CommitmentDiscountCategory": "Spend",
        "CommitmentDiscountStatus": "Unused",
        "RegionId": None,
    }
    charges = [
        charge("i-1", "BoxUsage:m5.xlarge", "100"),
        charge("i-stranger", "BoxUsage:c5.large", "50", RegionId="eu-west-1"),
        charge("i-stranger-2", "BoxUsage:c5.large", "5", RegionId="eu-west-1"),
        charge(None, "BoxUsage:m5.large", "40"),
        charge(None, "Tax", "30", ChargeCategory="Tax", RegionId=None),
        charge(None, "Support", "20", ServiceName="AWS Support (Business)", RegionId=None),
        charge(None, "Promotion", "-7", ChargeCategory="Credit", RegionId=None),
        charge(None, "Licence", "3", **purchase),
        charge(None, "ComputeSP", "2", **unused),
        charge("i-1", "PublicIPv4:InUseAddress", "1"),
    ]
    build = build_estate(
        stored(tmp_path, charges),
        inventory(workloads=[workload("app")], resources={"i-1": "app"}),
        as_of_on=AS_OF_ON,
    )
    assert [
        (cost.service, cost.region, cost.reason, cost.monthly_micro_usd, cost.rows) for cost in build.unmatched
    ] == [
        (EC2, "eu-west-1", "unknown_resource", 55_000_000, 2),
        (EC2, "us-east-1", "no_resource_id", 40_000_000, 1),
        (EC2, "", "tax", 30_000_000, 1),
        ("AWS Support (Business)", "", "support", 20_000_000, 1),
        (EC2, "", "credit", -7_000_000, 1),
        ("Dashboards Ltd", "", "marketplace", 3_000_000, 1),
        (EC2, "", "commitment_unused", 2_000_000, 1),
        (EC2, "us-east-1", "unclassified", 1_000_000, 1),
    ]
    assert build.total_monthly_micro_usd == 244_000_000
    unclassified = build.oddity("unclassified_meter")
    assert unclassified is not None
    assert unclassified.examples == (f"aws: {EC2}: PublicIPv4:InUseAddress",)
    assert unclassified.monthly_micro_usd == 1_000_000
    assert_conserved(build)


def test_use_under_commitments_counts_once_and_names_its_commitment(tmp_path: Path) -> None:
    def under(name: str, status: str | None = None, **other: Any) -> dict[str, Any]:
        spend = {"CommitmentDiscountCategory": "Spend", "CommitmentDiscountStatus": status}
        return {"CommitmentDiscountId": name, **spend, **other}

    bought = {"ChargeCategory": "Purchase"}
    charges = [
        charge(None, "ComputeSP", "0", **under("sp-1", BilledCost=Decimal(90), **bought)),
        charge(None, "RI", "25", **under("ri-odd", **bought)),
        charge("i-1", "BoxUsage:m5.xlarge", "60", **under("sp-1", "Used")),
        charge("i-1", "BoxUsage:m5.xlarge", "10", **under("sp-2", "Used")),
        charge("i-1", "BoxUsage:m5.xlarge", "8", **under("sp-x", "Used")),
        charge("i-1", "BoxUsage:m5.xlarge", "40"),
        charge(None, "ComputeSP", "30", **under("sp-1", "Unused")),
    ]
    commitments = [
        CommitmentRow(
            commitment_id=name,
            provider="aws",
            service="aws_ec2",
            place=None,
            monthly_usd=Decimal("90.5"),
            ends_on=date(2027, 6, 30),
        )
        for name in ("sp-1", "sp-2")
    ]
    build = build_estate(
        stored(tmp_path, charges),
        inventory(workloads=[workload("app")], resources={"i-1": "app"}, commitments=commitments),
        as_of_on=AS_OF_ON,
    )
    [app] = build.estate.workloads
    assert app.billed.compute_micro_usd == 118_000_000
    assert (app.commitment_id, app.committed_micro_usd) == ("sp-1", 70_000_000)
    assert [(held.id, held.monthly_micro_usd, held.place_id) for held in build.estate.commitments] == [
        ("sp-1", 90_500_000, None),
        ("sp-2", 90_500_000, None),
    ]
    assert build.total_monthly_micro_usd == 148_000_000
    assert build.excluded_purchases_monthly_micro_usd == 25_000_000
    codes = {oddity.code: (oddity.examples, oddity.monthly_micro_usd) for oddity in build.oddities}
    assert codes == {
        "purchase_with_effective_cost": (("ri-odd",), 25_000_000),
        "unknown_commitment": (("sp-x",), 8_000_000),
        "several_commitments": (("app",), 0),
    }
    assert_conserved(build)


def test_another_currency_is_in_no_total_until_a_rate_is_given(tmp_path: Path) -> None:
    charges = [
        charge("i-1", "BoxUsage:m5.xlarge", "100"),
        charge("i-1", "BoxUsage:m5.xlarge", "50", BillingCurrency="EUR"),
    ]
    store = stored(tmp_path, charges)
    rows = inventory(workloads=[workload("app")], resources={"i-1": "app"})
    without = build_estate(store, rows, as_of_on=AS_OF_ON)
    assert without.total_monthly_micro_usd == 100_000_000
    [foreign] = without.foreign
    assert (foreign.currency, foreign.monthly_amount, foreign.rows) == ("EUR", Decimal(50), 1)
    assert without.oddity("other_currency") is not None
    converted = build_estate(store, rows, as_of_on=AS_OF_ON, usd_rates={"EUR": Decimal("1.10")})
    assert converted.total_monthly_micro_usd == 155_000_000
    assert converted.foreign == ()
    assert_conserved(without)
    assert_conserved(converted)


def test_azure_resource_ids_match_whatever_their_case(tmp_path: Path) -> None:
    name = "/subscriptions/AAA/resourceGroups/Rg/providers/Microsoft.Compute/virtualMachines/vm-1"
    azure = {
        "ServiceProviderName": "Microsoft",
        "HostProviderName": "Microsoft",
        "ServiceName": "Virtual Machines",
        "SkuMeter": None,
        "RegionId": "East US",
    }
    build = build_estate(
        stored(tmp_path, [charge(name.lower(), "D4s v5", "100", **azure)]),
        inventory(workloads=[workload("app", place="azure:eastus")], resources={name: "app"}),
        as_of_on=AS_OF_ON,
    )
    assert build.by_provider == {"azure": 100_000_000}
    assert build.matched_monthly_micro_usd == 100_000_000
    assert build.oddities == ()


def test_snowflake_lies_where_its_host_does_and_another_region_is_reported(tmp_path: Path) -> None:
    snowflake = {"ServiceProviderName": "Snowflake", "HostProviderName": "AWS", "ServiceName": "Snowflake"}
    place = {"place": "aws:eu-west-1", "role": "sql_warehouse", "service": "snowflake"}
    build = build_estate(
        stored(
            tmp_path,
            [
                charge("WH_A", "WAREHOUSE_METERING", "100", RegionId="eu-west-1", **snowflake),
                charge("WH_B", "WAREHOUSE_METERING", "60", RegionId="us-east-1", **snowflake),
            ],
        ),
        inventory(workloads=[workload("a", **place), workload("b", **place)], resources={"WH_A": "a", "WH_B": "b"}),
        as_of_on=AS_OF_ON,
    )
    assert build.by_provider == {"snowflake": 160_000_000}
    [oddity] = build.oddities
    assert (oddity.code, oddity.examples, oddity.monthly_micro_usd) == (
        "region_disagrees",
        ("b: us-east-1",),
        60_000_000,
    )


def test_what_no_bill_shows_is_kept_at_zero_and_listed(tmp_path: Path) -> None:
    build = build_estate(
        stored(tmp_path, [charge("i-1", "BoxUsage:m5.xlarge", "1")]),
        inventory(workloads=[workload("app"), workload("ghost")], datasets=[dataset("d")], resources={"i-1": "app"}),
        as_of_on=AS_OF_ON,
    )
    [oddity] = build.oddities
    assert (oddity.code, oddity.count, oddity.examples) == ("not_on_any_bill", 2, ("d", "ghost"))
    assert build.estate.workloads[1].billed == BilledMonth()


def test_the_account_that_carries_most_of_the_cost_is_the_account_of_a_thing(tmp_path: Path) -> None:
    charges = [
        charge("i-1", "BoxUsage:m5.xlarge", "10", SubAccountId="a-small"),
        charge("i-1", "EBS:VolumeUsage.gp3", "30", SubAccountId="b-large"),
        charge("i-1", "BoxUsage:m5.xlarge", "15", SubAccountId="c-middle"),
    ]
    rows = inventory(workloads=[workload("app")], resources={"i-1": "app"})
    [app] = build_estate(stored(tmp_path, charges), rows, as_of_on=AS_OF_ON).estate.workloads
    assert app.sub_account_id == "b-large"


def test_corrections_beyond_the_use_leave_a_negative_cost_that_is_reported(tmp_path: Path) -> None:
    charges = [
        charge("i-1", "BoxUsage:m5.xlarge", "10"),
        charge("i-1", "BoxUsage:m5.xlarge", "-12", ChargeClass="Correction"),
        charge("i-2", "BoxUsage:m5.xlarge", "0"),
    ]
    rows = inventory(workloads=[workload("a"), workload("b")], resources={"i-1": "a", "i-2": "b"})
    build = build_estate(stored(tmp_path, charges), rows, as_of_on=AS_OF_ON)
    [oddity] = build.oddities
    assert (oddity.code, oddity.examples, oddity.monthly_micro_usd) == ("negative_cost", ("a",), -2_000_000)
    assert_conserved(build)


def test_a_partial_month_is_left_out_and_a_late_source_is_averaged_over_its_own_months(tmp_path: Path) -> None:
    late = {"BillingAccountId": "payer-2", "SubAccountId": "account-2"}
    charges = [
        *(charge("i-1", "BoxUsage:m5.xlarge", "100", month=month) for month in MONTHS),
        *(charge("i-2", "BoxUsage:m5.xlarge", "60", month=month, **late) for month in MONTHS[:1]),
    ]
    build = build_estate(
        stored(tmp_path, charges),
        inventory(workloads=[workload("a"), workload("b")], resources={"i-1": "a", "i-2": "b"}),
        as_of_on=date(2026, 10, 20),
    )
    assert build.estate.billing_months == MONTHS[:2]
    assert [thing.billed.compute_micro_usd for thing in build.estate.workloads] == [100_000_000, 60_000_000]
    assert [oddity.code for oddity in build.oddities] == ["month_not_used", "source_with_gaps"]
    assert_conserved(build)


def test_a_bill_of_focus_1_0_is_classified_by_its_descriptions(tmp_path: Path) -> None:
    google = {"ServiceProviderName": "Google Cloud", "InvoiceIssuerName": "Google", "RegionId": "europe-west1"}
    charges = [
        charge("vm-1", "N2 Instance Core running in Belgium", "70", ServiceName="Compute Engine", **google),
        charge("gs-1", "Nearline Data Retrieval", "5", ServiceName="Cloud Storage", **google),
        charge("gs-1", "Network Internet Egress from EMEA", "4", ServiceName="Cloud Storage", **google),
    ]
    build = build_estate(
        stored(tmp_path, charges, version="1.0"),
        inventory(
            workloads=[workload("app", place="gcp:europe-west1")],
            datasets=[dataset("d", place="gcp:europe-west1", service="gcp_gcs")],
            resources={"vm-1": "app", "gs-1": "d"},
        ),
        as_of_on=AS_OF_ON,
    )
    assert build.estate.workloads[0].billed.compute_micro_usd == 70_000_000
    assert build.estate.datasets[0].billed.retrieval_micro_usd == 5_000_000
    assert build.transfer_monthly_micro_usd == 4_000_000
    assert build.by_provider == {"gcp": 79_000_000}


def test_billed_transfer_is_compared_with_what_the_lineage_costs(tmp_path: Path) -> None:
    prices = load_price_book()
    rate = int(prices.transfer_micro_usd_per_gb(["aws:us-east-1", "azure:eastus"])[0, 1])
    billed_usd = Decimal(100 * rate).scaleb(-6)
    store = stored(tmp_path, [charge("b", "DataTransfer-Out-Bytes", billed_usd, ServiceName=S3)])
    rows = inventory(
        workloads=[workload("far", place="azure:eastus", service="azure_vm")],
        datasets=[dataset("d")],
        lineage=[reads("far", "d", 80.0)],
        resources={"b": "d"},
    )
    build = build_estate(store, rows, as_of_on=AS_OF_ON, prices=prices)
    assert build.lineage_transfer_micro_usd == 80 * rate
    assert build.transfer_explained_ratio == pytest.approx(0.8)
    assert build_estate(store, rows, as_of_on=AS_OF_ON).transfer_explained_ratio is None


def test_a_place_the_book_does_not_know_leaves_transfer_uncompared_and_says_so(tmp_path: Path) -> None:
    rows = inventory(
        workloads=[workload("far", place="oci:us-ashburn-1")], datasets=[dataset("d")], lineage=[reads("far", "d")]
    )
    store = stored(tmp_path, [charge("b", "DataTransfer-Out-Bytes", "1", ServiceName=S3)])
    build = build_estate(store, rows, as_of_on=AS_OF_ON, prices=load_price_book())
    oddity = build.oddity("transfer_not_priced")
    assert oddity is not None
    assert "oci:us-ashburn-1" in oddity.examples[0]
    assert (build.lineage_transfer_micro_usd, build.transfer_explained_ratio) == (None, None)


def test_a_resource_of_something_that_is_not_in_the_inventory_is_unknown(tmp_path: Path) -> None:
    rows = inventory(workloads=[workload("app")], resources={"i-1": "retired-app"})
    build = build_estate(stored(tmp_path, [charge("i-1", "BoxUsage:m5.large", "5")]), rows, as_of_on=AS_OF_ON)
    assert [cost.reason for cost in build.unmatched] == ["unknown_resource"]
    assert_conserved(build)


def test_a_copy_of_nothing_is_refused_by_name(tmp_path: Path) -> None:
    store = stored(tmp_path, [charge("i-1", "BoxUsage:m5.large", "5")])
    with pytest.raises(InvalidEstate, match="'gone'"):
        build_estate(store, inventory(datasets=[dataset("copy", replica_of="gone")]), as_of_on=AS_OF_ON)


def test_an_empty_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    store = IngestStore.open(tmp_path / "store")
    with pytest.raises(NoCompleteMonth, match="holds no bills at all"):
        build_estate(store, inventory(workloads=[workload("app")]), as_of_on=AS_OF_ON)
