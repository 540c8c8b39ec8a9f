"""The money on the bills: every row is quantity times a price of the book, and totals are those of the reference.

Everything here is recomputed from the files and the book alone.
"""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from collectors.inventory import Inventory
from collectors.sample import SampleManifest, write_sample_estate
from collectors.sample.contracts import VENDORS
from optimizer.pricing.book import PriceBook
from optimizer.pricing.names import MACHINE_SERVICES, PURCHASES
from tests.sample.conftest import annual, one

HOSTS = {"AWS": "aws", "Microsoft": "azure", "Google Cloud": "gcp"}
VENDOR_OF = {vendor.provider_name: vendor.id for vendor in VENDORS.values()}
CENT = Decimal("0.01")


def test_the_year_costs_about_8_2_million_dollars_and_1_2_petabytes_are_kept(whole: SampleManifest) -> None:
    assert whole.total_annual_usd == pytest.approx(Decimal(8_200_000), rel=Decimal("0.05"))
    assert whole.counts["stored_gb"] == pytest.approx(1_200_000, rel=1e-4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_year_costs_about_the_same_whatever_the_seed(
    seed: int, book: PriceBook, tmp_path_factory: pytest.TempPathFactory
) -> None:
    manifest = write_sample_estate(tmp_path_factory.mktemp(f"seed{seed}"), prices=book, seed=seed)
    assert manifest.total_annual_usd == pytest.approx(Decimal(8_200_000), rel=Decimal("0.1"))


def test_totals_by_vendor_are_those_of_the_files(whole: SampleManifest, bills: duckdb.DuckDBPyConnection) -> None:
    rows = bills.execute("SELECT ServiceProviderName, sum(EffectiveCost) FROM cost_and_usage GROUP BY 1").fetchall()
    by_vendor = {VENDOR_OF[provider]: annual(amount).quantize(CENT) for provider, amount in rows}
    assert by_vendor == whole.annual_usd


def test_every_cost_is_quantity_times_unit_price(bills: duckdb.DuckDBPyConnection) -> None:
    """Costs have nine decimals, so that half a billionth of a dollar is the largest honest difference."""
    worst_list, worst_contracted, rows = one(
        bills,
        """
        SELECT max(abs(ListCost::DOUBLE - PricingQuantity::DOUBLE * ListUnitPrice::DOUBLE)),
               max(abs(ContractedCost::DOUBLE - PricingQuantity::DOUBLE * ContractedUnitPrice::DOUBLE)), count(*)
        FROM cost_and_usage WHERE PricingQuantity IS NOT NULL
        """,
    )
    assert int(str(rows)) > 100_000
    assert float(str(worst_list)) < 1e-8
    assert float(str(worst_contracted)) < 1e-8


def test_every_unit_price_is_a_price_of_the_book(bills: duckdb.DuckDBPyConnection, book: PriceBook) -> None:
    charged = bills.execute(
        """
        SELECT DISTINCT HostProviderName, ServiceProviderName, RegionId, SkuId, SkuPriceId, PricingCategory,
               ListUnitPrice, ContractedUnitPrice
        FROM cost_and_usage WHERE ListUnitPrice IS NOT NULL AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused'
        """
    ).fetchall()
    assert len(charged) > 300
    for host, provider, region, sku_id, sku_price_id, category, list_usd, contracted_usd in charged:
        place = f"{HOSTS[host]}:{region}"
        vendor = VENDORS[VENDOR_OF[provider]]
        assert list_usd in _book_prices(book, sku_id, place, sku_price_id), (sku_id, place)
        ratio = Decimal(0) if category == "Dynamic" else vendor.negotiated_ratio
        assert contracted_usd == pytest.approx(list_usd * (1 - ratio), abs=Decimal("1e-12"))


def _book_prices(book: PriceBook, sku_id: str, place: str, sku_price_id: str) -> set[Decimal]:
    service, _, meter = sku_id.partition("/")
    if service.endswith("_transfer"):
        to_place = sku_price_id.split("/")[-1].rpartition("-")[0]
        return {Decimal(int(book.transfer_micro_usd_per_gb([place, to_place])[0, 1])).scaleb(-6)}
    if service in MACHINE_SERVICES:
        machine = book.machine(place, service, meter)
        assert machine is not None
        return {amount for purchase in PURCHASES[:2] if (amount := machine.usd_per_hour(purchase)) is not None}
    schedule = book.schedule(service=service, meter=meter, place_id=place)
    assert schedule is not None
    return {Decimal(int(pico_usd)).scaleb(-12) for pico_usd in schedule.pico_usd}


def test_storage_of_the_middle_month_is_the_inventory_times_the_book(
    bills: duckdb.DuckDBPyConnection, book: PriceBook, inventory: Inventory
) -> None:
    """The middle month is the one that the inventory states; its discount is the provider's."""
    expected_usd = Decimal(0)
    place_of = {dataset.dataset_id: dataset for dataset in inventory.datasets}
    stored_gb: dict[tuple[str, str], float] = {}
    for band in inventory.dataset_bands:
        key = band.dataset_id, band.tier
        stored_gb[key] = stored_gb.get(key, 0.0) + band.stored_gb
    for (dataset_id, tier), gb in stored_gb.items():
        dataset = place_of[dataset_id]
        schedule = book.schedule(service=dataset.service, meter=f"storage.{tier}", place_id=dataset.place)
        assert schedule is not None
        discount = VENDORS[dataset.place.partition(":")[0]].negotiated_ratio
        expected_usd += Decimal(schedule.charge_micro_usd(gb)).scaleb(-6) * (1 - discount)
    (billed_usd,) = one(
        bills,
        """SELECT sum(EffectiveCost) FROM cost_and_usage
           WHERE SkuId LIKE '%/storage.%' AND BillingPeriodStart = TIMESTAMP '2026-09-01'""",
    )
    assert Decimal(str(billed_usd)) == pytest.approx(expected_usd, abs=CENT)


def test_machines_that_never_stop_are_billed_for_every_hour_of_the_calendar(
    bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    fleets = {row.workload_id: row for row in inventory.workloads if row.role == "virtual_machine"}
    resources = [row.resource_id for row in inventory.resources if row.belongs_to in fleets]
    assert len(resources) == sum(fleet.instances for fleet in fleets.values())
    hours = bills.execute(
        """SELECT ResourceId, sum(PricingQuantity) FROM cost_and_usage
           WHERE PricingUnit = 'Hours' AND ChargeClass IS NULL GROUP BY 1"""
    ).fetchall()
    by_resource = dict(hours)
    for resource in resources:
        assert float(by_resource[resource]) == pytest.approx((31 + 30 + 31) * 24, abs=1e-6)


def test_what_a_commitment_is_billed_equals_what_it_is_worth_used_and_unused(
    bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    rows = bills.execute(
        """
        SELECT CommitmentDiscountId, BillingPeriodStart, sum(BilledCost), sum(EffectiveCost),
               sum(BilledCost) FILTER (ChargeCategory = 'Usage'),
               sum(EffectiveCost) FILTER (ChargeCategory = 'Purchase'),
               sum(EffectiveCost) FILTER (CommitmentDiscountStatus = 'Unused')
        FROM cost_and_usage WHERE CommitmentDiscountId IS NOT NULL GROUP BY ALL
        """
    ).fetchall()
    assert {row[0] for row in rows} == {row.commitment_id for row in inventory.commitments}
    assert len(rows) == 3 * len(inventory.commitments)
    for _, _, billed, effective, usage_billed, purchase_effective, unused in rows:
        assert billed == effective
        assert usage_billed == 0
        assert purchase_effective == 0
        assert 0 < unused < effective / 10


def test_a_commitment_costs_in_a_month_what_the_inventory_says(
    bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    """The inventory states 730 hours; the three months have 2,208."""
    billed = dict(
        bills.execute(
            """SELECT CommitmentDiscountId, sum(BilledCost) FROM cost_and_usage
               WHERE ChargeCategory = 'Purchase' AND CommitmentDiscountId IS NOT NULL GROUP BY 1"""
        ).fetchall()
    )
    for row in inventory.commitments:
        assert billed[row.commitment_id] * 730 / 2208 == pytest.approx(row.monthly_usd, abs=CENT)
