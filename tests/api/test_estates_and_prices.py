"""What the service says about bills, prices and itself."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

from api.jobs.worker import Worker
from collectors.focus import ingest_files
from collectors.store import IngestStore
from tests.api.answers import recommendation, solved
from tests.api.http_client import TestClient
from tests.api.pipelines import advise_one
from tests.api.service import Service
from tests.focus.bills import NOW, csv_text, row


def test_an_estate_without_bills_says_so(client: TestClient) -> None:
    (estate,) = client.get("/v1/estates").json()["items"]
    assert estate["id"] == "default"
    assert estate["freshness"] == {"newest_period": None, "last_ingested_at": None}
    assert estate["totals"]["billed"] == {}
    assert estate["newest_answer"] is None


def test_an_estate_adds_up_its_periods_and_shows_what_was_rejected(
    service: Service, client: TestClient, tmp_path: Path
) -> None:
    february = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}
    rows = [row(), row(**february), row(BilledCost="2.50", **february), row(BilledCost="7", BillingCurrency="XXQ")]
    bill = tmp_path / "bill.csv"
    bill.write_text(csv_text(rows))
    ingest_files(IngestStore.open(service.settings.store_folder), [bill], ingested_at=NOW)
    estate = client.get("/v1/estates/default").json()
    assert {period["period"] for period in estate["periods"]} == {"2025-01", "2025-02"}
    assert Decimal(estate["totals"]["billed"]["USD"]) == Decimal("5.00")
    assert (estate["totals"]["rows"], estate["totals"]["rejected_rows"]) == (3, 1)
    assert sum(Decimal(amount) for amount in estate["totals"]["rejected"].values()) == Decimal(7)
    assert estate["freshness"]["newest_period"] == "2025-02"
    assert estate["freshness"]["last_ingested_at"].startswith("2025-03-04T05:06:00")
    assert estate["fingerprint"]


def test_an_estate_shows_what_the_newest_answer_could_not_use(service: Service, client: TestClient) -> None:
    run_id = service.publish(client, solved(recommendation()))
    newest = client.get("/v1/estates/default").json()["newest_answer"]
    assert newest == {
        "run_id": run_id, "currency": "USD", "unmatched_usd": "20.250000", "unpriced_usd": "10.500000",
    }  # fmt: skip


def test_coverage_names_what_is_priced_and_what_is_missing(client: TestClient) -> None:
    whole = client.get("/v1/prices/coverage").json()
    services = {line["service"]: line for line in whole["services"]}
    assert services["aws_s3"]["places"] > 10
    one = client.get("/v1/prices/coverage", params={"service": "aws_s3"}).json()
    assert {line["service"] for line in one["places"]} == {"aws_s3"}
    assert one["snapshot_id"] == whole["snapshot_id"]
    missing = [line for line in whole["places"] if line["rows"] == 0]
    assert len(missing) == sum(line["missing_places"] for line in whole["services"])
    assert all(line["best_confidence"] is None for line in missing)


def test_prices_carry_their_source_and_stay_exact(client: TestClient) -> None:
    found = client.get("/v1/prices", params={"service": "aws_s3", "place": "aws:us-east-1"}).json()["items"]
    standard = [line for line in found if line["meter"] == "storage.standard"]
    assert [Decimal(line["unit_price"]) for line in standard] == [Decimal("0.023"), Decimal("0.022"), Decimal("0.021")]
    assert all(line["source"] and line["licence"] and line["confidence"] and line["as_of_on"] for line in found)


def test_the_service_is_ready_once_a_worker_answers_and_not_when_it_falls_silent(
    service: Service, client: TestClient
) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    before = client.get("/readyz")
    assert before.status_code == 503
    assert [check["name"] for check in before.json()["checks"] if not check["ready"]] == ["worker"]
    Worker(
        service.database, service.settings, pipeline=advise_one, collect=None, clock=service.clock
    ).step(threading.Event())  # fmt: skip
    assert client.get("/readyz").status_code == 200
    service.clock.forward(seconds=2 * service.settings.lease_seconds + 1)
    assert client.get("/readyz").status_code == 503
