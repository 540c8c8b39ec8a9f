"""Credentials by reference, pauses as long as the vendor asks, and addresses that secrets may go to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import Request
from google.cloud.billing_v1.types import Service
from google.rpc import error_details_pb2

from collectors.connections.gcp import GcpDetailedTable
from collectors.errors import CredentialsMissing, HostUnreachable, NotFoundAtProvider, ProviderUnavailable
from collectors.gcp.client import LONGEST_PAUSE_SECONDS, GcpClients, Patience, gcp_faults
from collectors.gcp.credentials import open_credentials
from tests.collect.gcp.rows import ACCOUNT
from tests.collect.gcp.vendor import BigQueryVendor
from tests.peers.gcp_catalog import GcpCatalogServer

LOOPBACK = {"bigquery": "http://127.0.0.1:1", "storage": "http://127.0.0.1:1"}
SECRET = "-----BEGIN PRIVATE KEY-----very secret"


def connection(**changes: Any) -> GcpDetailedTable:
    """A connection that goes nowhere."""
    settings: dict[str, Any] = {"endpoints": LOOPBACK} | changes
    return GcpDetailedTable(
        name="table", project="billing-project", billing_account=ACCOUNT, dataset="d", table="t", **settings
    )


def opened(reference: str, environ: dict[str, str] | None = None, **changes: Any) -> Any:
    """The credentials of a reference."""
    return open_credentials(connection(credentials=reference, **changes), environ=environ or {}, request=Request())


def test_a_token_made_elsewhere_is_taken_from_the_environment() -> None:
    assert opened("env:BILLING", {"BILLING_ACCESS_TOKEN": "abc"}).token == "abc"


def test_a_key_file_is_found_by_path_by_variable_and_as_content(gcp_catalog: GcpCatalogServer, tmp_path: Path) -> None:
    key = gcp_catalog.service_account(tmp_path)
    for reference, environ in (
        (f"file:{key}", {}),
        ("env:BILLING", {"BILLING_CREDENTIALS_FILE": str(key)}),
        ("env:BILLING", {"BILLING_CREDENTIALS_JSON": key.read_text()}),
    ):
        found = opened(reference, environ)
        assert found.service_account_email == json.loads(key.read_text())["client_email"]


def test_a_service_account_gets_its_token_and_uses_it(
    gcp_catalog: GcpCatalogServer, table_vendor: BigQueryVendor, tmp_path: Path
) -> None:
    key = gcp_catalog.service_account(tmp_path)
    changed = replace(table_vendor.connection, credentials=f"file:{key}")
    clients = GcpClients(changed, environ={}, sleep=lambda seconds: None)
    assert clients.bigquery.get_table(table_vendor.table_id).table_id == table_vendor.table
    assert clients.bigquery._http.credentials.token.startswith("token-")
    clients.close()


def test_workload_identity_federation_is_read_from_its_configuration(tmp_path: Path) -> None:
    config = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(tmp_path / "token")},
    }
    path = tmp_path / "federation.json"
    path.write_text(json.dumps(config))
    assert type(opened(f"file:{path}")).__module__ == "google.auth.identity_pool"
    path.write_text(json.dumps(config | {"token_url": "http://sts.example.com/token"}))
    with pytest.raises(CredentialsMissing, match=r"token_url in the file .* is not an https:// address"):
        opened(f"file:{path}")
    path.write_text(json.dumps(config | {"credential_source": {"executable": {"command": "rm -rf /"}}}))
    with pytest.raises(CredentialsMissing, match="not a complete key file"):
        opened(f"file:{path}")


def test_no_credentials_are_needed_where_everything_is_on_loopback_and_nowhere_else() -> None:
    assert isinstance(opened("workload:anonymous"), AnonymousCredentials)
    for endpoints in ({}, {"bigquery": "https://bigquery.example.com"}):
        with pytest.raises(CredentialsMissing, match="name credentials"):
            opened("workload:anonymous", endpoints=endpoints)


@pytest.mark.parametrize(
    ("reference", "environ", "reason"),
    [
        ("env:BILLING", {}, "BILLING_ACCESS_TOKEN is set; set one"),
        ("env:BILLING", {"BILLING_CREDENTIALS_FILE": "/nowhere/key.json"}, "/nowhere/key.json cannot be read"),
        ("env:BILLING", {"BILLING_CREDENTIALS_JSON": SECRET}, "is not JSON"),
        ("env:BILLING", {"BILLING_CREDENTIALS_JSON": json.dumps({"private_key": SECRET})}, 'has no "type"'),
        (
            "env:BILLING",
            {"BILLING_CREDENTIALS_JSON": json.dumps({"type": "service_account", "private_key": SECRET})},
            "not a complete key file",
        ),
        (
            "env:BILLING",
            {"BILLING_CREDENTIALS_JSON": json.dumps({"type": "other", "private_key": SECRET})},
            "none of the types service_account, external_account, authorized_user",
        ),
        (
            "env:BILLING",
            {
                "BILLING_CREDENTIALS_JSON": json.dumps(
                    {"type": "service_account", "token_uri": "http://evil.example.com"}
                )
            },
            "token_uri in the variable BILLING_CREDENTIALS_JSON is not an https:// address",
        ),
        ("file:/nowhere/key.json", {}, "/nowhere/key.json cannot be read"),
        ("profile:main", {}, "has no such kind"),
    ],
)
def test_credentials_that_are_not_there_say_what_to_do_and_show_nothing(
    reference: str, environ: dict[str, str], reason: str
) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        opened(reference, environ)
    assert reason in str(caught.value)
    assert "very secret" not in str(caught.value)
    assert caught.value.__cause__ is None or "very secret" not in str(caught.value.__cause__)


def test_a_client_shows_no_secret() -> None:
    clients = GcpClients(connection(credentials="env:X"), environ={"X_ACCESS_TOKEN": "very secret"})
    assert clients.bigquery.project == "billing-project"
    assert "secret" not in repr(clients)
    assert "secret" not in repr(vars(clients)["connection"])
    clients.close()


class Vendor:
    """Fails so many times with a fault, then answers."""

    def __init__(self, fault: Exception, times: int) -> None:
        self.fault, self.times, self.calls = fault, times, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            raise self.fault
        return "answer"


def http_fault(status: int, headers: dict[str, str], reason: str = "") -> exceptions.GoogleAPICallError:
    """What the SDKs raise for a status."""
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    return exceptions.from_http_status(status, "message", errors=[{"reason": reason}], response=response)  # type: ignore[no-untyped-call]


DATE = "Wed, 18 Mar 2026 06:00:00 GMT"
RETRY_INFO = error_details_pb2.RetryInfo()
RETRY_INFO.retry_delay.seconds, RETRY_INFO.retry_delay.nanos = 3, 500_000_000


@pytest.mark.parametrize(
    ("fault", "pauses"),
    [
        (http_fault(429, {"Retry-After": "7"}), [7, 7]),
        (http_fault(503, {"Retry-After": "Wed, 18 Mar 2026 06:00:09 GMT", "Date": DATE}), [9, 9]),
        (http_fault(503, {"Retry-After": "100000"}), [LONGEST_PAUSE_SECONDS] * 2),
        (http_fault(429, {"Retry-After": "soon"}), [1, 2]),
        (http_fault(429, {"Retry-After": DATE}), [1, 2]),
        (http_fault(500, {}), [1, 2]),
        (http_fault(403, {}, "userRateLimitExceeded"), [1, 2]),
        (exceptions.ResourceExhausted("quota", details=[RETRY_INFO]), [3.5, 3.5]),
        (exceptions.ServiceUnavailable("later"), [1, 2]),
        (requests.ConnectionError("reset"), [1, 2]),
        (ConnectionResetError("reset"), [1, 2]),
        (requests.exceptions.ChunkedEncodingError("cut"), [1, 2]),
    ],
)
def test_a_fault_that_passes_is_waited_for_as_long_as_the_vendor_asks(fault: Exception, pauses: list[float]) -> None:
    slept: list[float] = []
    assert Patience(slept.append)(Vendor(fault, 2))() == "answer"
    assert slept == pauses


@pytest.mark.parametrize(
    "fault",
    [http_fault(403, {}, "accessDenied"), http_fault(404, {}), http_fault(400, {}), requests.exceptions.SSLError()],
)
def test_a_fault_that_stays_is_not_waited_for(fault: Exception) -> None:
    slept: list[float] = []
    vendor = Vendor(fault, 1)
    with pytest.raises(type(fault)):
        Patience(slept.append)(vendor)()
    assert (slept, vendor.calls) == ([], 1)


def test_patience_has_an_end() -> None:
    slept: list[float] = []
    vendor = Vendor(exceptions.ServiceUnavailable("later"), 100)
    with pytest.raises(ProviderUnavailable, match="try again later"), gcp_faults("table t", permission="p"):
        Patience(slept.append)(vendor)()
    assert (slept, vendor.calls) == ([1, 2, 4, 8], 5)


def test_a_server_that_does_not_answer_is_told_with_what_to_check() -> None:
    slept: list[float] = []
    clients = GcpClients(connection(credentials="workload:anonymous"), environ={}, sleep=slept.append)
    with (
        pytest.raises(HostUnreachable, match=r"cannot be reached at 127\.0\.0\.1:\d+ for table t: it refuses"),
        gcp_faults("table t", permission="p"),
    ):
        clients.bigquery.get_table("p.d.t", retry=clients.patience)
    assert slept == [1]
    clients.close()


def test_the_price_list_is_asked_over_grpc_with_patience(gcp_catalog: GcpCatalogServer) -> None:
    gcp_catalog.reset()
    gcp_catalog.services = [Service(name="services/S", service_id="S", display_name="Cloud Storage")]
    gcp_catalog.fail_next(grpc.StatusCode.UNAVAILABLE, times=2)
    slept: list[float] = []
    endpoints = {"catalog": f"http://{gcp_catalog.address}"}
    clients = GcpClients(connection(endpoints=endpoints), environ={}, sleep=slept.append)
    found = list(clients.catalog.list_services(request={}, retry=clients.patience))
    assert [each.service_id for each in found] == ["S"]
    assert slept == [1, 2]
    clients.close()


def test_a_ca_bundle_is_trusted_instead_of_the_system(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    clients = GcpClients(
        connection(credentials="workload:anonymous", ca_bundle=str(bundle)), environ={}, sleep=lambda seconds: None
    )
    assert clients.bigquery._http.verify == str(bundle)
    assert clients.storage._http.verify == str(bundle)
    clients.close()


@pytest.mark.parametrize("endpoints", [{}, LOOPBACK])
def test_variables_of_the_environment_do_not_say_where_tokens_go(
    endpoints: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = "http://elsewhere.example.com"
    for name in ("STORAGE_EMULATOR_HOST", "API_ENDPOINT_OVERRIDE", "BIGQUERY_EMULATOR_HOST"):
        monkeypatch.setenv(name, elsewhere)
    clients = GcpClients(connection(credentials="env:X", endpoints=endpoints), environ={"X_ACCESS_TOKEN": "token"})
    for service, client in (("bigquery", clients.bigquery), ("storage", clients.storage)):
        expected = endpoints.get(service, f"https://{service}.googleapis.com")
        assert expected == client._connection.API_BASE_URL
        assert client._connection.build_api_url("/x").startswith(f"{expected}/")
        assert client._http.credentials.token == "token"
    download = clients.storage.bucket("b").blob("o")._get_download_url(clients.storage)
    assert download.startswith(endpoints.get("storage", "https://storage.googleapis.com"))
    clients.close()


def test_a_status_of_404_is_told_as_not_found() -> None:
    with pytest.raises(NotFoundAtProvider), gcp_faults("gs://b", permission="p"):
        raise http_fault(404, {})
