"""The independent total: asked of the query API, paged by posting again, counted against the tenant's quota."""

from __future__ import annotations

from decimal import Decimal

import pytest

from collectors.azure import open_collector
from collectors.azure.query_quota import QueryQuota
from collectors.collector import IndependentTotal
from collectors.errors import AccessDenied, CredentialsMissing, InvalidManifest, ProviderUnavailable
from tests.collect.azure.vendor import SCOPE, AzureVendor
from tests.peers.arm import THROTTLE_HEADERS, ArmReply, ArmRequest
from tests.peers.arm_replies import usage_page
from tests.peers.arm_routes import QUERY_PATH, serve_usage

COLUMNS = {"Currency": "String", "Cost": "Number", "InvoiceNumber": "String", "BillingMonth": "Datetime"}
JANUARY, FEBRUARY = "2025-01-01T00:00:00", "2025-02-01T00:00:00"


def test_totals_are_told_by_month_and_currency_from_every_page(vendor: AzureVendor) -> None:
    # January: 0.1 + 0.2 USD on two pages and 7 EUR; February: 5 USD, part of it on no invoice yet.
    first = [["USD", 0.1, "G1", JANUARY], ["EUR", 7, "G1", JANUARY]]
    second = [["USD", 0.2, "G2", JANUARY], ["USD", 4, "G3", FEBRUARY], ["USD", 1, "", FEBRUARY]]
    serve_usage(vendor.arm, COLUMNS, [first, second])

    totals = vendor.open().independent_totals(["2025-01", "2025-02"])

    assert totals == {
        "2025-01": IndependentTotal(
            costs={"USD": Decimal("0.3"), "EUR": Decimal(7)},
            final=True,
            origin="Cost Management query ActualCost, invoice G1, G2",
        ),
        "2025-02": IndependentTotal(
            costs={"USD": Decimal(5)}, final=False, origin="Cost Management query ActualCost, invoice G3"
        ),
    }
    first_call, second_call = (request for request in vendor.arm.requests if request.path.endswith("query"))
    assert first_call.body == second_call.body
    assert first_call.path == f"/{SCOPE}/providers/Microsoft.CostManagement/query"
    assert first_call.body["timePeriod"] == {"from": "2025-01-01T00:00:00Z", "to": "2025-02-28T23:59:59Z"}


def test_an_amortised_export_is_compared_with_amortised_cost(amortized: AzureVendor) -> None:
    amortized.state_total("2025-01", {"USD": Decimal("1.5")}, final=True)

    (total,) = amortized.open().independent_totals(["2025-01"]).values()

    assert total.basis == "EffectiveCost"
    assert amortized.arm.requests[-1].body["type"] == "AmortizedCost"


def test_a_month_that_the_query_does_not_name_has_no_total(vendor: AzureVendor) -> None:
    vendor.state_total("2025-01", {"USD": Decimal(1)}, final=False)

    assert set(vendor.open().independent_totals(["2025-01", "2025-02"])) == {"2025-01"}


def test_more_than_a_year_is_asked_for_in_several_queries(vendor: AzureVendor) -> None:
    for period in ("2024-01", "2025-03"):
        vendor.state_total(period, {"USD": Decimal(1)}, final=True)

    totals = vendor.open().independent_totals(["2024-01", "2025-03"])

    assert set(totals) == {"2024-01", "2025-03"}
    assert vendor.arm.calls("query") == 2


def test_a_next_page_on_another_host_is_refused_and_no_token_is_sent(vendor: AzureVendor) -> None:
    vendor.state_total("2025-01", {"USD": Decimal(1)}, final=True)
    vendor.break_next("foreign_next_link", "2025-01")

    with pytest.raises(InvalidManifest, match=r"elsewhere\.example"):
        vendor.open().independent_totals(["2025-01"])

    assert vendor.arm.calls("query") == 1


def test_pages_without_end_are_given_up(vendor: AzureVendor) -> None:
    @vendor.arm.on("POST", QUERY_PATH)
    def answer(request: ArmRequest) -> dict[str, object]:
        return usage_page(COLUMNS, [], f"{vendor.arm.base_url}{request.path}?$skiptoken=1")

    quota = QueryQuota(clock=iter(range(0, 10**9, 1000)).__next__)
    collector = open_collector(vendor.connection, environ=vendor.environ, sleep=vendor.pauses.append, quota=quota)
    with pytest.raises(InvalidManifest, match="1000 pages"):
        collector.independent_totals(["2025-01"])


@pytest.mark.parametrize("header", ["Retry-After", *THROTTLE_HEADERS])
@pytest.mark.parametrize("status", [429, 503])
def test_every_throttling_header_is_waited_for(vendor: AzureVendor, header: str, status: int) -> None:
    vendor.state_total("2025-01", {"USD": Decimal(1)}, final=True)
    vendor.arm.fail_next(status, {header: "9"}, code="TooManyRequests")

    assert vendor.open().independent_totals(["2025-01"])
    assert vendor.pauses == [9]


def test_of_several_throttling_headers_the_longest_is_waited_for(vendor: AzureVendor) -> None:
    vendor.state_total("2025-01", {"USD": Decimal(1)}, final=True)
    vendor.arm.fail_next(429, {"Retry-After": "2", THROTTLE_HEADERS[0]: "30", THROTTLE_HEADERS[4]: "11"})

    vendor.open().independent_totals(["2025-01"])

    assert vendor.pauses == [30]


def test_throttling_without_end_is_given_up(vendor: AzureVendor) -> None:
    vendor.arm.fail_next(429, {THROTTLE_HEADERS[2]: "3600"}, times=100)

    with pytest.raises(ProviderUnavailable):
        vendor.open().independent_totals(["2025-01"])

    assert vendor.pauses == [120, 120, 120, 120]


def test_an_answer_that_ends_early_is_asked_for_again(vendor: AzureVendor) -> None:
    vendor.state_total("2025-01", {"USD": Decimal(1)}, final=True)
    vendor.arm.cut_next()

    assert vendor.open().independent_totals(["2025-01"])["2025-01"].costs == {"USD": Decimal(1)}


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ({"Cost": "Number", "Currency": "String"}, [1, "USD"]),
        ({"Cost": "Number", "BillingMonth": "Datetime"}, [1, JANUARY]),
        ({"Cost": "Number", "BillingMonth": "Datetime", "Currency": "String"}, ["much", JANUARY, "USD"]),
        ({"Cost": "Number", "BillingMonth": "Datetime", "Currency": "String"}, [1, "soon", "USD"]),
    ],
)
def test_an_answer_of_another_shape_is_refused(vendor: AzureVendor, columns: dict[str, str], row: list[object]) -> None:
    serve_usage(vendor.arm, columns, [[row]])

    with pytest.raises(InvalidManifest, match="documented shape"):
        vendor.open().independent_totals(["2025-01"])


def test_a_missing_role_is_named(vendor: AzureVendor) -> None:
    vendor.arm.fail_next(403, code="AuthorizationFailed")

    with pytest.raises(AccessDenied, match="Cost Management Reader"):
        vendor.open().independent_totals(["2025-01"])


def test_a_token_that_is_no_longer_good_is_told_and_a_new_collector_has_a_new_one(vendor: AzureVendor) -> None:
    vendor.state_total("2025-01", {"USD": Decimal(1)}, final=True)
    collector = vendor.open()
    collector.independent_totals(["2025-01"])
    vendor.arm.expire_tokens()

    with pytest.raises(CredentialsMissing):
        collector.independent_totals(["2025-01"])

    assert vendor.open().independent_totals(["2025-01"])


def test_a_wrong_client_secret_is_told_without_it(vendor: AzureVendor) -> None:
    environ = {**vendor.environ, "TEST_AZURE_CLIENT_SECRET": "hunter2-hunter2"}

    with pytest.raises(CredentialsMissing) as refused:
        open_collector(vendor.connection, environ=environ, sleep=vendor.pauses.append).independent_totals(["2025-01"])

    assert "AADSTS7000215" in str(refused.value)
    assert "hunter2" not in f"{refused.value}{refused.value.__cause__!r}"


def test_an_answer_that_is_not_json_is_refused(vendor: AzureVendor) -> None:
    vendor.arm.on("POST", QUERY_PATH)(lambda request: ArmReply(body=b"<html>a proxy's page</html>"))

    with pytest.raises(InvalidManifest, match="not JSON"):
        vendor.open().independent_totals(["2025-01"])


def test_queries_wait_for_the_quota_of_the_tenant(vendor: AzureVendor) -> None:
    vendor.state_total("2025-01", {"USD": Decimal(1)}, final=True)
    quota = QueryQuota(clock=lambda: 100.0)
    quota.take(12)

    open_collector(
        vendor.connection, environ=vendor.environ, sleep=vendor.pauses.append, quota=quota
    ).independent_totals(["2025-01"])

    assert vendor.pauses == [10.0]


def test_a_quota_used_up_for_the_hour_is_told_and_not_waited_for(vendor: AzureVendor) -> None:
    quota = QueryQuota(clock=lambda: 100.0)
    quota.take(600)

    with pytest.raises(ProviderUnavailable, match="quota"):
        open_collector(vendor.connection, environ=vendor.environ, quota=quota).independent_totals(["2025-01"])

    assert vendor.arm.calls("query") == 0


def test_the_units_that_the_answer_names_replace_the_estimate() -> None:
    quota = QueryQuota(clock=lambda: 0.0)
    correct = quota.take(12)
    assert quota.wait_seconds(1) == 10

    correct("3")
    assert quota.wait_seconds(9) == 0

    correct("not a number")
    assert quota.wait_seconds(9) == 0
