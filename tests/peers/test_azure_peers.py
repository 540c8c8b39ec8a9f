"""The Azure replay server and Azurite, by azure-identity, azure-mgmt-costmanagement and azure-storage-blob."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ResourceNotFoundError,
)
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.costmanagement import CostManagementClient, models

from tests.peers import arm_replies
from tests.peers.arm import THROTTLE_HEADERS, ArmRequest, ArmServer
from tests.peers.arm_routes import serve_pages, serve_price_sheet, serve_usage
from tests.peers.emulators import AzuritePeer

SCOPE = "subscriptions/s"
QUERY = {"type": "ActualCost", "timeframe": "MonthToDate", "dataset": {"granularity": "None"}}
COLUMNS = {"PreTaxCost": "Number", "Currency": "String"}


@pytest.fixture
def azure(arm: ArmServer) -> ArmServer:
    """The replay server, empty."""
    arm.reset()
    return arm


def _credential(azure: ArmServer, secret: str | None = None) -> ClientSecretCredential:
    return ClientSecretCredential(
        azure.tenant_id,
        azure.client_id,
        secret or azure.client_secret,
        authority=azure.base_url,
        disable_instance_discovery=True,
        connection_verify=str(azure.ca_pem),
    )


@pytest.fixture
def client(azure: ArmServer) -> Iterator[CostManagementClient]:
    """The vendor's client with a token of the peer."""
    with (
        _credential(azure) as credential,
        CostManagementClient(
            credential,
            base_url=azure.base_url,
            credential_scopes=[f"{azure.base_url}/.default"],
            connection_verify=str(azure.ca_pem),
            retry_backoff_factor=0.01,
        ) as made,
    ):
        yield made


def test_a_cost_query_goes_on_where_its_next_link_points(azure: ArmServer, client: CostManagementClient) -> None:
    serve_usage(azure, COLUMNS, [[[1.5, "USD"]], [[2.5, "USD"]]])
    first = client.query.usage(SCOPE, QUERY).properties
    second = client.send_request(HttpRequest("POST", first.next_link, json=QUERY))
    assert (first.rows, second.json()["properties"]["rows"]) == ([[1.5, "USD"]], [[2.5, "USD"]])
    assert second.json()["properties"]["nextLink"] is None
    asked = [request for request in azure.requests if request.path.endswith("/query")]
    assert [(request.authorized, request.body) for request in asked] == [(True, QUERY)] * 2


def test_exports_and_their_runs_are_listed(azure: ArmServer, client: CostManagementClient) -> None:
    @azure.on("GET", "{scope*}/providers/Microsoft.CostManagement/exports")
    def exports(request: ArmRequest) -> Mapping[str, Any]:
        return arm_replies.export_list([arm_replies.export("focus", scope=request.parameters["scope"])])

    @azure.on("GET", "{scope*}/providers/Microsoft.CostManagement/exports/{name}/runHistory")
    def runs(request: ArmRequest) -> Mapping[str, Any]:
        run = {"status": "Completed", "submittedTime": "2025-07-01T00:00:00Z", "fileName": request.parameters["name"]}
        return arm_replies.run_history([run])

    (export,) = client.exports.list(SCOPE).value
    (run,) = client.exports.get_execution_history(SCOPE, "focus").value
    assert (export.id.split("/providers")[0], export.properties.definition.type) == (f"/{SCOPE}", "FocusCost")
    assert (run.properties.file_name, run.properties.submitted_time.year) == ("focus", 2025)


def test_a_price_sheet_is_ready_after_some_polls(azure: ArmServer, client: CostManagementClient) -> None:
    serve_price_sheet(azure, "https://blobs.example/sheet.zip", polls=2)
    poller = client.price_sheet.begin_download_by_billing_profile("account", "profile", polling_interval=0)
    assert poller.result().download_url == "https://blobs.example/sheet.zip"
    assert azure.calls("operationResults") == 3


def test_benefits_come_page_by_page(azure: ArmServer, client: CostManagementClient) -> None:
    summaries = [
        {"id": f"u{day}", "kind": "SavingsPlan", "properties": {"usageDate": f"2025-06-0{day}T00:00:00Z"}}
        for day in (1, 2)
    ]
    pages = [summaries[:1], summaries[1:]]
    path = "{scope*}/providers/Microsoft.CostManagement/benefitUtilizationSummaries"
    serve_pages(azure, "GET", path, pages, arm_replies.benefit_utilization_summaries)
    listed = client.benefit_utilization_summaries.list_by_billing_account_id("1")
    assert [summary.properties.usage_date.day for summary in listed] == [1, 2]


@pytest.mark.parametrize("header", ["Retry-After", *THROTTLE_HEADERS])
def test_only_a_standard_retry_after_makes_the_client_wait(
    azure: ArmServer, client: CostManagementClient, header: str
) -> None:
    serve_usage(azure, COLUMNS, [[]])
    azure.fail_next(429, {header: "0"})
    if header == "Retry-After":
        assert client.query.usage(SCOPE, QUERY).properties.rows == []
    else:
        with pytest.raises(HttpResponseError) as raised:
            client.query.usage(SCOPE, QUERY)
        assert raised.value.response is not None
        assert raised.value.response.headers[header] == "0"
    assert azure.calls("/query") == (2 if header == "Retry-After" else 1)


def test_an_expired_token_and_a_wrong_secret_are_refused(azure: ArmServer, client: CostManagementClient) -> None:
    serve_usage(azure, COLUMNS, [[]])
    client.query.usage(SCOPE, QUERY)
    azure.expire_tokens()
    with pytest.raises(ClientAuthenticationError, match="ExpiredAuthenticationToken"):
        client.query.usage(SCOPE, QUERY)
    with _credential(azure, "wrong") as wrong, pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        wrong.get_token(f"{azure.base_url}/.default")


def test_neither_token_nor_secret_is_in_the_log(azure: ArmServer, client: CostManagementClient) -> None:
    serve_usage(azure, COLUMNS, [[]])
    client.query.usage(SCOPE, QUERY)
    with _credential(azure) as credential:
        token = credential.get_token(f"{azure.base_url}/.default").token
    logged = "".join(f"{request!r} {dict(request.headers)}" for request in azure.requests)
    assert azure.calls("/oauth2/v2.0/token") == 2
    assert token not in logged
    assert azure.client_secret not in logged
    assert "Bearer" not in logged


def test_an_answer_can_break_off_or_come_late(azure: ArmServer, client: CostManagementClient) -> None:
    serve_usage(azure, COLUMNS, [[[1.0, "USD"]]])
    azure.cut_next(on="/query")
    with pytest.raises(IncompleteReadError):
        client.query.usage(SCOPE, QUERY)
    azure.delay_next(0.3, on="/query")
    began = time.monotonic()
    client.query.usage(SCOPE, QUERY)
    assert time.monotonic() - began >= 0.3


def test_a_request_without_a_route_is_the_tests_error(azure: ArmServer, client: CostManagementClient) -> None:
    with pytest.raises(HttpResponseError, match="no answer for GET"):
        client.exports.list(SCOPE)
    assert len(azure.errors) == 1


@pytest.mark.parametrize(
    ("model", "body", "fault"),
    [
        (models.QueryResult, {"bogus": 1}, "bogus is no field"),
        (models.QueryResult, {"properties": {"rowz": []}}, "properties.rowz is no field"),
        (models.ExportRun, {"properties": {"status": "Nope"}}, "expected one of Queued"),
        (models.ExportRun, {"properties": {"submittedTime": "yesterday"}}, "expected a date and time"),
        (
            models.BenefitUtilizationSummary,
            {"kind": "SavingsPlan", "properties": {"avgUtilizationPercentage": "much"}},
            "expected a number",
        ),
    ],
)
def test_a_body_that_the_sdk_cannot_read_is_refused(model: type[Any], body: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        arm_replies.checked(model, body)


def test_azurite_keeps_blobs_until_it_is_reset(azurite: AzuritePeer) -> None:
    azurite.reset()
    with azurite.service() as service:
        container = service.create_container("exports")
        container.upload_blob("billing/focus/manifest.json", b"{}")
        download = container.download_blob("billing/focus/manifest.json")
        assert (download.readall(), bool(download.properties.etag)) == (b"{}", True)
        azurite.reset()
        with pytest.raises(ResourceNotFoundError):
            container.get_container_properties()


def test_azurite_refuses_another_key(azurite: AzuritePeer) -> None:
    from azure.storage.blob import BlobServiceClient

    key = "A" * 86 + "=="
    with (
        BlobServiceClient(azurite.account_url, credential=key) as stranger,
        pytest.raises(HttpResponseError, match="authenticate"),
    ):
        list(stranger.list_containers())
