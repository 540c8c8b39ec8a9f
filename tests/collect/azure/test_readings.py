"""Usage, prices and access signals, from the blob service and Resource Manager."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.azure import open_collector
from collectors.azure.query_quota import QueryQuota
from collectors.collector import CollectWindow
from collectors.commit.readings import ReadReport, collect_readings
from collectors.errors import AccessDenied, InvalidManifest, ProviderUnavailable, TornDelivery
from collectors.readings import Reading, SignalReading
from collectors.signals.kinds import kind_of
from collectors.signals.records import AccessReading, StateReading
from collectors.store import EngineLimits, IngestStore
from tests.collect.azure.deliveries import csv_bytes
from tests.collect.azure.vendor import SCOPE, AzureVendor
from tests.peers import arm_replies
from tests.peers.arm import ArmReply, ArmRequest
from tests.peers.arm_routes import serve_pages, serve_price_sheet

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-02")
NOW = datetime(2025, 2, 10, 12, tzinfo=UTC)
ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/lakeaccount"
RULE = "2025/02/05/03-00-00/daily/daily"
INVENTORY_FIELDS = ("Name", "Content-Length", "AccessTier", "Last-Modified")
INVENTORY = [
    dict(zip(INVENTORY_FIELDS, cells, strict=True))
    for cells in (
        ("lake/raw/orders/dt=1/a.parquet", "100", "Hot", "2025-01-03T00:00:00Z"),
        ("lake/raw/orders/dt=2/b.parquet", "50", "Hot", "2025-01-09T00:00:00Z"),
        ("lake/raw/orders/dt=1/c.parquet", "7", "Cool", ""),
        ("gold/top.csv", "1", "", ""),
        ("no-container", "5", "Hot", ""),
    )
]


def read(
    vendor: AzureVendor, purpose: Literal["usage", "prices", "access"], **settings: Any
) -> list[Reading | SignalReading]:
    """What a connection with these settings reads."""
    collector = open_collector(
        replace(vendor.connection, **settings),
        environ=vendor.environ,
        sleep=vendor.pauses.append,
        now=lambda: NOW,
        quota=QueryQuota(),
    )
    try:
        return [brought(each) for each in collector.readings(purpose, WINDOW)]
    finally:
        collector.close()


def brought(found: Reading | SignalReading) -> Reading | SignalReading:
    """The same, brought if it was to be brought later."""
    if isinstance(found, SignalReading) and callable(found.reading):
        return replace(found, reading=found.reading())
    return found


def store_readings(
    vendor: AzureVendor, store: IngestStore, purpose: Literal["usage", "access"], **settings: Any
) -> ReadReport:
    """Read into a store what a connection with these settings reads."""
    collector = open_collector(
        replace(vendor.connection, **settings), environ=vendor.environ, sleep=vendor.pauses.append, now=lambda: NOW
    )
    try:
        return collect_readings(collector, store, purpose, WINDOW, now=NOW)
    finally:
        collector.close()


def signal(found: Reading | SignalReading) -> SignalReading:
    """A reading that must be a signal of a kind that the store knows."""
    assert isinstance(found, SignalReading)
    assert kind_of(f"{found.kind}:azure:focus")
    return found


def rows_of(found: Reading | SignalReading) -> list[dict[str, Any]]:
    """Rows of a reading that must be a table."""
    assert isinstance(found, Reading)
    rows: list[dict[str, Any]] = found.rows.to_pylist()
    return rows


def put(vendor: AzureVendor, name: str, content: bytes) -> None:
    """A blob in the export's container, where inventories and logs may lie as well."""
    vendor.folder.container.upload_blob(name, content, overwrite=True)


def write_inventory(vendor: AzureVendor, files: Mapping[str, bytes], **manifest: Any) -> None:
    """An inventory run: files, manifest, checksum, in this order."""
    for name, content in files.items():
        put(vendor, name, content)
    document = {
        "destinationContainer": vendor.connection.container,
        "files": [{"blob": name, "size": len(content)} for name, content in files.items()],
        "inventoryCompletionTime": "2025-02-05T03:10:00Z",
        "ruleDefinition": {"objectType": "blob", "format": "csv"},
        "ruleName": "daily",
        "status": "Succeeded",
        **manifest,
    }
    content = json.dumps(document).encode()
    put(vendor, f"{RULE}-manifest.json", content)
    put(vendor, f"{RULE}-manifest.checksum", hashlib.md5(content, usedforsecurity=False).hexdigest().encode())


def parquet_bytes(rows: list[dict[str, str]]) -> bytes:
    """The rows with the types that an inventory has in Parquet."""
    sink = io.BytesIO()
    table = pa.Table.from_pylist(rows)
    sizes = pa.array([int(row["Content-Length"]) for row in rows])
    pq.write_table(table.set_column(table.schema.get_field_index("Content-Length"), "Content-Length", sizes), sink)
    return sink.getvalue()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_inventory_is_summed_by_dataset_and_tier(vendor: AzureVendor, suffix: str) -> None:
    content = csv_bytes(INVENTORY) if suffix == "csv" else parquet_bytes(INVENTORY)
    write_inventory(vendor, {f"{RULE}.{suffix}": content})

    (found,) = read(vendor, "usage", inventories=(vendor.connection.container,))

    reading = signal(found).reading
    assert isinstance(reading, StateReading)
    lake = "abfss://lake@peeraccount.dfs.core.windows.net/raw/orders"
    assert {
        (each.dataset_uri, each.storage_class): (each.stored_bytes, each.object_count) for each in reading.states
    } == {
        (lake, "Hot"): (150, 2),
        (lake, "Cool"): (7, 1),
        ("abfss://gold@peeraccount.dfs.core.windows.net", "Hot"): (1, 1),
    }
    hot = next(each for each in reading.states if each.stored_bytes == 150)
    assert (hot.day_on, hot.last_modified_at) == (date(2025, 2, 5), datetime(2025, 1, 9, tzinfo=UTC))
    assert hot.last_access_at is None
    assert reading.skipped == {"no container in Name, or no Content-Length": 1}


def test_an_inventory_without_its_checksum_is_not_finished_yet(vendor: AzureVendor) -> None:
    write_inventory(vendor, {f"{RULE}.csv": csv_bytes(INVENTORY)})
    vendor.folder.container.delete_blob(f"{RULE}-manifest.checksum")

    assert read(vendor, "usage", inventories=(vendor.connection.container,)) == []


def test_a_failed_inventory_counts_for_nothing(vendor: AzureVendor) -> None:
    write_inventory(vendor, {}, status="Failed")

    assert read(vendor, "usage", inventories=(vendor.connection.container,)) == []


def test_an_inventory_whose_manifest_does_not_match_its_checksum_is_torn(vendor: AzureVendor) -> None:
    write_inventory(vendor, {f"{RULE}.csv": csv_bytes(INVENTORY)})
    put(vendor, f"{RULE}-manifest.checksum", b"0" * 32)

    with pytest.raises(TornDelivery, match="checksum"):
        read(vendor, "usage", inventories=(vendor.connection.container,))


def test_an_inventory_without_the_fields_that_it_needs_names_them(vendor: AzureVendor) -> None:
    write_inventory(vendor, {f"{RULE}.csv": b"Name,Etag\r\nlake/a,1\r\n"})

    with pytest.raises(InvalidManifest, match="Content-Length"):
        read(vendor, "usage", inventories=(vendor.connection.container,))


def test_an_inventory_that_is_stored_is_not_downloaded_again(vendor: AzureVendor, tmp_path: Path) -> None:
    store = IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
    report = "2025/02/05/report.csv"
    write_inventory(vendor, {report: csv_bytes(INVENTORY)})

    def downloads() -> int:
        vendor.proxy.reset()
        read = store_readings(vendor, store, "usage", inventories=(vendor.connection.container,))
        assert read.error is None
        return vendor.proxy.calls("report.csv")

    assert downloads() == 1
    assert downloads() == 0


def serve_metrics(vendor: AzureVendor, bodies: Mapping[str, Mapping[str, Any]]) -> None:
    """Answer metric requests by the name asked for."""

    @vendor.arm.on("GET", "{account*}/blobServices/default/providers/microsoft.insights/metrics")
    def answer(request: ArmRequest) -> Mapping[str, Any]:
        asked = request.query["metricnames"].split(",")
        return {**bodies[asked[0]], "value": [value for name in asked for value in bodies[name]["value"]]}


@pytest.mark.covers("azure", "usage")
def test_capacity_of_an_account_is_told_by_day_and_tier(vendor: AzureVendor) -> None:
    days = {date(2025, 2, 1): 1000.0, date(2025, 2, 2): 2000.4}
    tiers = [({"Tier": "Hot", "BlobType": "BlockBlob"}, days), ({"Tier": "Cool", "BlobType": "BlockBlob"}, days)]
    serve_metrics(
        vendor,
        {
            "BlobCapacity": arm_replies.metrics(ACCOUNT, "BlobCapacity", tiers),
            "BlobCount": arm_replies.metrics(ACCOUNT, "BlobCount", tiers[:1], unit="Count"),
        },
    )

    (found,) = read(vendor, "usage", metric_accounts=(ACCOUNT,))

    reading = signal(found).reading
    assert isinstance(reading, StateReading)
    assert [
        (each.day_on.day, each.storage_class, each.stored_bytes, each.object_count, each.region)
        for each in reading.states
    ] == [
        (1, "Cool", 1000, None, "westeurope"),
        (1, "Hot", 1000, 1000, "westeurope"),
        (2, "Cool", 2000, None, "westeurope"),
        (2, "Hot", 2000, 2000, "westeurope"),
    ]
    assert {each.dataset_uri for each in reading.states} == {"abfss://lakeaccount.dfs.core.windows.net"}
    (request,) = vendor.arm.requests[-1:]
    # Whole days of the window before today; 93 days back would be before the window.
    assert request.query["timespan"] == "2025-01-01T00:00:00Z/2025-02-10T00:00:00Z"


def test_without_logs_access_is_told_by_the_counts_of_the_account(vendor: AzureVendor) -> None:
    reads, writes = {"ApiName": "GetBlob"}, {"ApiName": "PutBlob"}
    day = date(2025, 2, 1)
    names = {
        "Transactions": [(reads, {day: 40.0}), (writes, {day: 3.0})],
        "Egress": [(reads, {day: 4096.0}), (writes, {day: 10.0})],
        "Ingress": [(reads, {day: 11.0}), (writes, {day: 512.0})],
    }
    serve_metrics(
        vendor,
        {name: arm_replies.metrics(ACCOUNT, name, series, aggregation="total") for name, series in names.items()},
    )

    (found,) = read(vendor, "access", metric_accounts=(ACCOUNT,))

    reading = signal(found).reading
    assert isinstance(reading, AccessReading)
    assert [(each.op, each.requests, each.moved_bytes) for each in reading.events] == [
        ("read", 40, 4096),
        ("write", 3, 512),
    ]
    coverage = signal(found).coverage
    assert coverage is not None
    assert (coverage[0].window.from_at, coverage[0].window.to_at) == (
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2025, 2, 10, tzinfo=UTC),
    )


def log_line(hour: int, correlation: str) -> str:
    """A line of a storage resource log in its exported form."""
    return json.dumps(
        {
            "time": f"2025-02-05T{hour:02d}:10:00.1234567Z",
            "operationName": "GetBlob",
            "statusCode": 200,
            "correlationId": correlation,
            "properties": {"accountName": "peeraccount", "objectKey": "/peeraccount/lake/raw/a", "responseBodySize": 9},
        }
    )


@pytest.mark.covers("azure", "access")
def test_logs_are_read_hour_by_hour_and_vouch_only_for_settled_days(vendor: AzureVendor) -> None:
    folder = "resourceId=/subscriptions/s/blobServices/default"
    put(vendor, f"{folder}/y=2025/m=02/d=05/h=03/m=00/PT1H.json", f"{log_line(3, 'a')}\nnot json\n".encode())
    put(vendor, f"{folder}/y=2025/m=02/d=10/h=04/m=00/PT1H.json", f"{log_line(4, 'b')}\n".encode())
    put(vendor, f"{folder}/y=2024/m=02/d=10/h=04/m=00/PT1H.json", f"{log_line(4, 'c')}\n".encode())

    settled, today = (signal(each) for each in read(vendor, "access", access_logs=(vendor.connection.container,)))

    assert isinstance(settled.reading, AccessReading)
    (event,) = settled.reading.events
    assert (event.op, event.moved_bytes) == ("read", 9)
    assert event.dataset_uri == "abfss://lake@peeraccount.dfs.core.windows.net/raw"
    assert len(settled.reading.rejects) == 1
    assert settled.coverage is None
    assert today.coverage == ()


def test_hours_of_logs_that_are_stored_are_not_downloaded_again_until_they_change(
    vendor: AzureVendor, tmp_path: Path
) -> None:
    store = IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
    folder = "y=2025/m=02/d=05"
    for hour in (3, 4):
        put(vendor, f"{folder}/h=0{hour}/m=00/PT1H.json", f"{log_line(hour, f'{hour}')}\n".encode())

    def downloads() -> list[str]:
        vendor.proxy.reset()
        report = store_readings(vendor, store, "access", access_logs=(vendor.connection.container,))
        assert report.error is None
        return [request.path for request in vendor.proxy.requests if "PT1H.json" in request.path]

    assert len(downloads()) == 2
    assert downloads() == []

    put(vendor, f"{folder}/h=04/m=00/PT1H.json", f"{log_line(4, '4')}\n{log_line(4, 'late')}\n".encode())
    (again,) = downloads()
    assert "h=04" in again or "h%3D04" in again


def reservation(number: int) -> dict[str, Any]:
    """A reservation of three virtual machines for a year."""
    return {
        "id": f"/providers/Microsoft.Capacity/reservationOrders/o/reservations/{number}",
        "location": "westeurope",
        "sku": {"name": "Standard_D4s_v5"},
        "properties": {
            "reservedResourceType": "VirtualMachines",
            "provisioningState": "Succeeded",
            "effectiveDateTime": "2024-06-01T00:00:00Z",
            "expiryDate": "2025-06-01",
            "quantity": 3,
        },
    }


PLAN = {
    "id": "/providers/Microsoft.BillingBenefits/savingsPlanOrders/o/savingsPlans/p",
    "sku": {"name": "Compute_Savings_Plan"},
    "properties": {
        "displayProvisioningState": "Succeeded",
        "effectiveDateTime": "2024-01-01T00:00:00Z",
        "expiryDateTime": "2027-01-01T00:00:00Z",
        "commitment": {"grain": "Hourly", "currencyCode": "USD", "amount": 0.4},
    },
}
ADVICE = {
    "id": f"/{SCOPE}/providers/Microsoft.CostManagement/benefitRecommendations/r",
    "kind": "SavingsPlan",
    "properties": {
        "scope": "Shared",
        "armSkuName": "Compute_Savings_Plan",
        "term": "P3Y",
        "commitmentGranularity": "Hourly",
        "currencyCode": "USD",
        "totalHours": 720,
        "lastConsumptionDate": "2025-02-09T00:00:00Z",
        "recommendationDetails": {"commitmentAmount": 1.5, "savingsAmount": 72},
    },
}


def test_commitments_and_advice_are_read_when_asked_for(vendor: AzureVendor) -> None:
    serve_pages(
        vendor.arm,
        "GET",
        "/providers/Microsoft.Capacity/reservations",
        [[reservation(1)], [reservation(2)]],
        lambda page, link: arm_replies.reservations(page, link),
    )
    vendor.arm.on("GET", "/providers/Microsoft.BillingBenefits/savingsPlans")(lambda request: {"value": [PLAN]})
    vendor.arm.on("GET", "{scope*}/providers/Microsoft.CostManagement/benefitRecommendations")(
        lambda request: arm_replies.benefit_recommendations([ADVICE])
    )

    commitments, advice = read(vendor, "usage", commitments=True)

    first, second, plan = rows_of(commitments)
    assert (first["kind"], first["quantity"], first["instance_type"]) == ("reservation", Decimal(3), "Standard_D4s_v5")
    assert first["ends_at"] == datetime(2025, 6, 1, tzinfo=UTC)
    assert second["commitment_id"].endswith("/2")
    assert (plan["kind"], plan["hourly_commitment"], plan["currency"]) == ("savings_plan", Decimal("0.4"), "USD")
    (row,) = rows_of(advice)
    # 72 USD saved in 720 hours are 0.1 an hour, so 73 in a month of 730.
    assert row["estimated_monthly_saving"] == Decimal(73)
    assert row["action"] == "buy_savings_plan"


def test_a_missing_role_for_commitments_is_named(vendor: AzureVendor) -> None:
    vendor.arm.fail_next(403, code="AuthorizationFailed")

    with pytest.raises(AccessDenied, match="Reservations Reader"):
        read(vendor, "usage", commitments=True)


def price(**facts: Any) -> dict[str, Any]:
    """An item of the public price list."""
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": 0.0208,
        "unitPrice": 0.0208,
        "armRegionName": "eastus",
        "location": "US East",
        "effectiveStartDate": "2024-01-01T00:00:00Z",
        "meterId": "m-1",
        "meterName": "Hot LRS Data Stored",
        "productId": "p-1",
        "skuId": "p-1/0001",
        "productName": "Blob Storage",
        "skuName": "Hot LRS",
        "serviceName": "Storage",
        "serviceFamily": "Storage",
        "unitOfMeasure": "1 GB/Month",
        "type": "Consumption",
        **facts,
    }


def serve_retail(vendor: AzureVendor, pages: list[list[dict[str, Any]]]) -> None:
    """Answer the public price list page by page."""
    serve_pages(vendor.arm, "GET", "/api/retail/prices", pages, arm_replies.retail_prices)


@pytest.mark.covers("azure", "prices")
def test_public_prices_are_told_by_tier_and_term(vendor: AzureVendor) -> None:
    vm = {"meterId": "m-2", "skuId": "p-2/0001", "unitOfMeasure": "1 Hour", "serviceName": "Virtual Machines"}
    plans = [{"unitPrice": 0.05, "term": "3 Years"}, {"unitPrice": 0.04, "term": "7 Years"}]
    pages = [
        [price(), price(tierMinimumUnits=51200.0, unitPrice=0.02)],
        [
            price(**vm, meterName="D2s v5", skuName="D2s v5", unitPrice=0.096, savingsPlan=plans),
            price(**vm, meterName="D2s v5 Spot", skuName="D2s v5 Spot", unitPrice=0.02),
            price(**vm, type="Reservation", reservationTerm="1 Year", unitPrice=500.0),
            price(**vm, type="DevTestConsumption"),
        ],
    ]
    serve_retail(vendor, pages)

    (found,) = read(vendor, "prices", price_regions=("eastus",), price_services=("Storage",), scope="subscriptions/s1")

    rows = [
        (row["term"], row["unit"], row["unit_price"], row["quantity_from"], row["quantity_to"])
        for row in rows_of(found)
    ]
    assert rows == [
        ("on_demand", "1 GB/Month", Decimal("0.0208"), 0, 51200),
        ("on_demand", "1 GB/Month", Decimal("0.02"), 51200, None),
        ("on_demand", "1 Hour", Decimal("0.096"), 0, None),
        ("committed_3y", "1 Hour", Decimal("0.05"), 0, None),
        ("spot", "1 Hour", Decimal("0.02"), 0, None),
        ("committed_1y", "1 Year", Decimal(500), 0, None),
    ]
    assert isinstance(found, Reading)
    assert found.dropped == (("price of type DevTestConsumption", 1), ("savings plan for 7 Years", 1))
    first = vendor.arm.requests[0]
    assert first.query["$filter"] == "armRegionName eq 'eastus' and serviceName eq 'Storage'"
    assert not first.authorized


def test_a_page_of_prices_on_another_host_is_refused(vendor: AzureVendor) -> None:
    vendor.arm.on("GET", "/api/retail/prices")(
        lambda request: arm_replies.retail_prices([price()], "https://elsewhere.example/api/retail/prices")
    )

    with pytest.raises(InvalidManifest, match=r"elsewhere\.example"):
        read(vendor, "prices", price_regions=("eastus",), scope="subscriptions/s1")


SHEET = (
    "MeterID,MeterName,MeterRegion,MeterCategory,UnitOfMeasure,PartNumber,PriceType,Term,UnitPrice,CurrencyCode,Product,"
    "EffectiveStartDate,SkuID\r\n"
    "m-1,Hot LRS Data Stored,US East,Storage,100 GB/Month,AAD-1,Consumption,,1.5,USD,Blob,02/01/2025,0001\r\n"
    "m-1,Hot LRS Data Stored,EU West,Storage,100 GB/Month,AAD-1,Consumption,,1.6,USD,Blob,02/01/2025,0001\r\n"
    "m-1,Hot LRS Data Stored,US East,Storage,1 Hour,AAD-2,Reservation,P5Y,9,USD,Blob,02/01/2025,0001\r\n"
)


def test_prices_of_the_contract_come_from_the_price_sheet(vendor: AzureVendor) -> None:
    serve_retail(vendor, [[]])
    vendor.arm.on("GET", "/api/retail/prices/sheet.csv")(lambda request: ArmReply(body=SHEET.encode()))
    serve_price_sheet(vendor.arm, f"{vendor.arm.base_url}/api/retail/prices/sheet.csv?sig=secret", polls=2)

    (found,) = read(vendor, "prices", price_regions=("eastus",))

    (row,) = rows_of(found)
    assert (row["unit_price"], row["unit"], row["region"]) == (Decimal("1.5"), "100 GB/Month", "eastus")
    assert row["is_contracted"]
    assert row["effective_from"] == datetime(2025, 2, 1, tzinfo=UTC)
    assert isinstance(found, Reading)
    assert dict(found.dropped) == {
        "contract price of another region": 1,
        "contract price of type reservation for P5Y": 1,
    }
    assert vendor.arm.calls(f"{SCOPE}/billingPeriods/202502/") == 1


def test_a_price_sheet_is_not_fetched_without_tls(vendor: AzureVendor) -> None:
    serve_retail(vendor, [[]])
    serve_price_sheet(vendor.arm, "http://elsewhere.example/sheet.csv?sig=secret")

    with pytest.raises(InvalidManifest, match="not https") as refused:
        read(vendor, "prices", price_regions=("eastus",))

    assert "secret" not in str(refused.value)


def test_a_signed_address_is_never_told(vendor: AzureVendor) -> None:
    serve_retail(vendor, [[]])
    serve_price_sheet(vendor.arm, f"{vendor.arm.base_url}/api/retail/prices/sheet.csv?sig=secret")

    with pytest.raises(ProviderUnavailable) as refused:
        read(vendor, "prices", price_regions=("eastus",))

    assert "secret" not in f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"


def test_a_connection_that_names_nothing_reads_nothing(vendor: AzureVendor) -> None:
    assert read(vendor, "usage") + read(vendor, "prices") + read(vendor, "access") == []
    assert vendor.arm.requests == []


def test_everything_that_is_read_can_be_stored(vendor: AzureVendor, tmp_path: Path) -> None:
    write_inventory(vendor, {f"{RULE}.csv": csv_bytes(INVENTORY)})
    hot = [({"Tier": "Hot", "BlobType": "BlockBlob"}, {date(2025, 2, 1): 5.0})]
    reads = [({"ApiName": "GetBlob"}, {date(2025, 2, 1): 2.0})]
    serve_metrics(
        vendor,
        {
            **{name: arm_replies.metrics(ACCOUNT, name, hot) for name in ("BlobCapacity", "BlobCount")},
            **{
                name: arm_replies.metrics(ACCOUNT, name, reads, aggregation="total")
                for name in ("Transactions", "Egress", "Ingress")
            },
        },
    )
    serve_retail(vendor, [[price()]])
    store = IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
    connection = replace(
        vendor.connection,
        inventories=(vendor.connection.container,),
        metric_accounts=(ACCOUNT,),
        price_regions=("eastus",),
        scope="subscriptions/s1",
    )
    collector = open_collector(connection, environ=vendor.environ, sleep=vendor.pauses.append, now=lambda: NOW)

    reports = [
        collect_readings(collector, store, purpose, WINDOW, now=NOW) for purpose in ("usage", "prices", "access")
    ]

    assert [report.error for report in reports] == [None, None, None]
    assert [report.rows for report in reports] == [
        {"azure_inventory:daily": 3, "azure_inventory:metrics": 1},
        {"sku_price": 1},
        {"azure_blob_log:metrics": 1},
    ]
