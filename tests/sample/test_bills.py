"""What stands on the bills beside metered usage, and how usage runs over days and months."""

from __future__ import annotations

import duckdb
import pytest

from collectors.inventory import Inventory
from tests.sample.conftest import one


def test_every_bill_has_tax_and_the_clouds_have_support_without_a_region(bills: duckdb.DuckDBPyConnection) -> None:
    rows = bills.execute(
        """SELECT ServiceProviderName, ServiceSubcategory = 'Support' OR ServiceName LIKE '%Support', count(*),
                  count(RegionId)
           FROM cost_and_usage WHERE ChargeCategory = 'Tax' OR ServiceName LIKE '%Support' GROUP BY ALL"""
    ).fetchall()
    tax = {provider for provider, is_support, _, _ in rows if not is_support}
    support = {provider for provider, is_support, _, _ in rows if is_support}
    assert tax == {"AWS", "Microsoft", "Google Cloud", "Snowflake", "Databricks"}
    assert support == {"AWS", "Microsoft", "Google Cloud"}
    assert all(count == 3 and regions == 0 for _, _, count, regions in rows)


def test_there_is_one_credit_and_one_purchase_from_a_marketplace(bills: duckdb.DuckDBPyConnection) -> None:
    assert one(bills, "SELECT count(*), max(BilledCost) < 0 FROM cost_and_usage WHERE ChargeCategory = 'Credit'") == (
        1,
        True,
    )
    assert one(
        bills,
        """SELECT count(*), min(BilledCost) > 0 FROM cost_and_usage
           WHERE ChargeCategory = 'Purchase' AND CommitmentDiscountId IS NULL""",
    ) == (1, True)


def test_one_row_corrects_a_known_machine_in_the_month_before(
    bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    resource_id, billed, is_earlier = one(
        bills,
        """SELECT ResourceId, BilledCost, ChargePeriodEnd <= BillingPeriodStart FROM cost_and_usage
           WHERE ChargeClass = 'Correction'""",
    )
    assert resource_id in {row.resource_id for row in inventory.resources}
    assert float(str(billed)) < 0
    assert is_earlier is True


def test_between_one_and_three_percent_belong_to_resources_that_nobody_listed(
    bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    listed = [row.resource_id for row in inventory.resources]
    (ratio,) = bills.execute(
        """SELECT sum(EffectiveCost) FILTER (ResourceId IS NOT NULL AND NOT list_contains(?, ResourceId))
                  / sum(EffectiveCost) FROM cost_and_usage""",
        [listed],
    ).fetchall()[0]
    assert 0.01 < ratio < 0.03


def test_every_listed_resource_is_billed_and_by_one_vendor_only(
    bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    billed = dict(
        bills.execute(
            """SELECT ResourceId, count(DISTINCT ServiceProviderName) FROM cost_and_usage
               WHERE ResourceId IS NOT NULL GROUP BY 1"""
        ).fetchall()
    )
    assert {row.resource_id for row in inventory.resources} <= set(billed)
    assert set(billed.values()) == {1}


def test_classic_databricks_is_billed_in_two_halves_by_two_vendors(
    bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    jobs = {
        row.workload_id for row in inventory.workloads if row.service == "databricks" and row.sku.startswith("dbu.")
    }
    resources: dict[str, list[str]] = {}
    for row in inventory.resources:
        if row.belongs_to in jobs:
            resources.setdefault(row.belongs_to, []).append(row.resource_id)
    provider = dict(
        bills.execute(
            """SELECT DISTINCT ResourceId, ServiceProviderName FROM cost_and_usage WHERE ResourceId IS NOT NULL"""
        ).fetchall()
    )
    assert len(jobs) == 34
    for workload_id in jobs:
        assert {provider[resource] for resource in resources[workload_id]} - {"AWS", "Microsoft"} == {"Databricks"}
        assert len(resources[workload_id]) == 2


def test_only_what_belongs_to_somebody_has_tags(bills: duckdb.DuckDBPyConnection) -> None:
    (tagged_ratio,) = one(
        bills, "SELECT sum(EffectiveCost) FILTER (Tags IS NOT NULL) / sum(EffectiveCost) FROM cost_and_usage"
    )
    assert 0.9 < float(str(tagged_ratio)) < 0.99
    assert one(
        bills,
        """SELECT count(*) FROM cost_and_usage WHERE Tags IS NOT NULL
           AND json_extract_string(Tags, '$.business_unit') IS NULL""",
    ) == (0,)


def test_batch_work_rests_at_weekends_and_machines_do_not(bills: duckdb.DuckDBPyConnection) -> None:
    sql = """SELECT avg(day_total) FILTER (isodow(day) >= 6) / avg(day_total) FILTER (isodow(day) < 6)
             FROM (SELECT ChargePeriodStart AS day, sum(PricingQuantity) AS day_total FROM cost_and_usage
                   WHERE {} AND month(BillingPeriodStart) = 9 GROUP BY 1)"""
    (batch,) = one(bills, sql.format("SkuMeter LIKE 'PREMIUM_JOBS%'"))
    (steady,) = one(bills, sql.format("CommitmentDiscountStatus = 'Used'"))
    assert float(str(batch)) == pytest.approx(0.45, abs=1e-6)
    assert float(str(steady)) == pytest.approx(1.0, abs=1e-9)


def test_work_and_data_grow_from_month_to_month(bills: duckdb.DuckDBPyConnection) -> None:
    for condition in ("SkuMeter LIKE 'PREMIUM_JOBS%'", "SkuId LIKE 'aws_s3/storage.%'", "SkuMeter = 'data transfer'"):
        amounts = [
            float(amount)
            for (amount,) in bills.execute(
                f"""SELECT sum(PricingQuantity) FROM cost_and_usage WHERE {condition}
                    GROUP BY BillingPeriodStart ORDER BY BillingPeriodStart"""
            ).fetchall()
        ]
        if amounts:
            assert amounts[1] / amounts[0] == pytest.approx(1.015, abs=1e-6)
            assert amounts[2] / amounts[1] == pytest.approx(1.015, abs=1e-6)
