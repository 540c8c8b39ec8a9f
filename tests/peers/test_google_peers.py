"""The catalogue, Cloud Storage and BigQuery, by Google's clients."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import grpc
import pytest
from google.api_core.exceptions import NotFound, ServiceUnavailable
from google.auth.transport.requests import Request
from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter, SchemaField
from google.cloud.billing_v1 import CloudCatalogClient, Service, Sku
from google.cloud.billing_v1.services.cloud_catalog.transports import CloudCatalogGrpcTransport
from google.oauth2.service_account import Credentials

from tests.peers.emulators import BigQueryPeer, GcsPeer
from tests.peers.gcp_catalog import GcpCatalogServer

STORAGE = "services/95FF-2EF5-5EA1"
COST_SCHEMA = [
    SchemaField("service", "STRING"),
    SchemaField("cost", "NUMERIC"),
    SchemaField("credits", "RECORD", "REPEATED", fields=[SchemaField("amount", "NUMERIC")]),
]


@pytest.fixture
def catalogue(gcp_catalog: GcpCatalogServer) -> CloudCatalogClient:
    """The vendor's client of a catalogue with one service and five prices."""
    gcp_catalog.reset()
    gcp_catalog.services.append(Service(name=STORAGE, service_id="95FF-2EF5-5EA1", display_name="Cloud Storage"))
    gcp_catalog.skus[STORAGE] = [Sku(name=f"{STORAGE}/skus/{number}", sku_id=str(number)) for number in range(5)]
    channel = grpc.insecure_channel(gcp_catalog.address)
    return CloudCatalogClient(transport=CloudCatalogGrpcTransport(channel=channel))


def test_the_catalogue_comes_in_pages(gcp_catalog: GcpCatalogServer, catalogue: CloudCatalogClient) -> None:
    gcp_catalog.page_size = 2
    assert [service.display_name for service in catalogue.list_services()] == ["Cloud Storage"]
    skus = catalogue.list_skus(request={"parent": STORAGE, "currency_code": "EUR"})
    assert [sku.sku_id for sku in skus] == ["0", "1", "2", "3", "4"]
    asked = [call for call in gcp_catalog.requests if call.method == "ListSkus"]
    assert [(call.currency_code, call.page_token) for call in asked] == [("EUR", ""), ("EUR", "2"), ("EUR", "4")]


def test_the_catalogue_fails_on_demand_and_for_unknown_services(
    gcp_catalog: GcpCatalogServer, catalogue: CloudCatalogClient
) -> None:
    gcp_catalog.fail_next(grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(ServiceUnavailable):
        catalogue.list_skus(parent=STORAGE)
    with pytest.raises(NotFound):
        catalogue.list_skus(parent="services/none")


def test_a_service_accounts_key_file_gets_a_token(gcp_catalog: GcpCatalogServer, tmp_path: Path) -> None:
    path = gcp_catalog.service_account(tmp_path)
    credentials = Credentials.from_service_account_file(
        str(path), scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    credentials.refresh(Request())
    assert credentials.valid


def test_cloud_storage_keeps_objects_until_it_is_reset(gcs: GcsPeer) -> None:
    gcs.reset()
    client = gcs.client()
    blob = client.create_bucket("billing").blob("focus/2025-06/part-0.parquet")
    blob.upload_from_string(b"0123456789")
    assert blob.download_as_bytes(start=2, end=4) == b"234"
    assert [(found.name, found.size, bool(found.generation)) for found in client.list_blobs("billing")] == [
        ("focus/2025-06/part-0.parquet", 10, True)
    ]
    gcs.reset()
    assert list(client.list_buckets()) == []


def test_bigquery_answers_a_query_with_parameters_exactly(bigquery: BigQueryPeer) -> None:
    bigquery.reset()
    rows = [
        {"service": "storage", "cost": "0.1", "credits": [{"amount": "-0.01"}, {"amount": "-0.02"}]},
        {"service": "storage", "cost": "0.2", "credits": []},
    ]
    bigquery.load("billing.costs", COST_SCHEMA, rows)
    sql = """
        SELECT SUM(cost) AS cost, SUM((SELECT SUM(c.amount) FROM UNNEST(credits) AS c)) AS credit
        FROM `billing-project.billing.costs` WHERE service = @service
    """
    config = QueryJobConfig(query_parameters=[ScalarQueryParameter("service", "STRING", "storage")])
    with bigquery.client() as client:
        (row,) = client.query(sql, job_config=config).result()
        assert (row.cost, row.credit) == (Decimal("0.3"), Decimal("-0.03"))
        bigquery.reset()
        with pytest.raises(NotFound):
            client.get_table("billing-project.billing.costs")
