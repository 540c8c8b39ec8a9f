"""Totals that do not come from the export: Cost Explorer page by page, invoices, and what they cost to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from collectors.aws.totals import scope_of
from collectors.collector import CollectWindow, IndependentTotal
from collectors.errors import AccessDenied, ProviderUnavailable
from tests.collect.aws.bucket import BillingBucket
from tests.collect.aws.reports import csv_gz, report_row
from tests.collect.aws.vendor import AwsVendor
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import MotoPeer

WINDOW = CollectWindow(first_period="2026-01", last_period="2026-03")
PERIODS = WINDOW.periods()


@pytest.fixture
def vendor(bucket: BillingBucket) -> AwsVendor:
    """An export with one delivery."""
    bucket.deliver_export("2026-01", [csv_gz([report_row()])], run="e1")
    return AwsVendor(bucket=bucket, kind="cur_2")


def invoices(*found: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer of ListInvoiceSummaries: one page an invoice of the asked month."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        month = request["Filter"]["BillingPeriod"]
        these = [each for each in found if each["BillingPeriod"] == month]
        page = int(request.get("NextToken", "0"))
        following = {"NextToken": str(page + 1)} if page + 1 < len(these) else {}
        return {"InvoiceSummaries": these[page : page + 1], **following}

    return answer


def invoice(number: str, amount: str, **changes: Any) -> dict[str, Any]:
    return {
        "InvoiceId": number,
        "InvoiceType": "INVOICE",
        "BillingPeriod": {"Month": 1, "Year": 2026},
        "BaseCurrencyAmount": {"TotalAmount": amount, "TotalAmountBeforeTax": "0", "CurrencyCode": "USD"},
        **changes,
    }


def test_all_months_are_asked_for_in_one_call_and_its_pages(vendor: AwsVendor, aws_json: AwsJsonServer) -> None:
    vendor.state_total("2026-01", {"USD": Decimal("10.00000001"), "EUR": Decimal("-3")}, final=True)
    vendor.state_total("2026-03", {"USD": Decimal("7")}, final=False)
    totals = vendor.open().independent_totals(PERIODS)
    assert totals == {
        "2026-01": IndependentTotal(
            costs={"USD": Decimal("10.00000001"), "EUR": Decimal("-3")},
            final=True,
            origin="Cost Explorer UnblendedCost",
        ),
        "2026-03": IndependentTotal(costs={"USD": Decimal("7")}, final=False, origin="Cost Explorer UnblendedCost"),
    }
    asked = [call.body for call in aws_json.requests if call.operation == "GetCostAndUsage"]
    assert [body.pop("NextPageToken", None) for body in asked] == [None, "1", "2"]
    assert (
        asked
        == [
            {
                "TimePeriod": {"Start": "2026-01-01", "End": "2026-04-01"},
                "Granularity": "MONTHLY",
                "Metrics": ["UnblendedCost"],
            }
        ]
        * 3
    )
    assert all(call.signed for call in aws_json.requests)


def test_the_invoices_of_a_closed_month_are_its_final_figure(vendor: AwsVendor, aws_json: AwsJsonServer) -> None:
    vendor.state_total("2026-01", {"USD": Decimal("101.99")}, final=True)
    vendor.state_total("2026-02", {"USD": Decimal("5")}, final=False)
    aws_json.on("invoicing", "ListInvoiceSummaries")(
        invoices(
            invoice("INV2", "20"),
            invoice("INV1", "90.00"),
            invoice("MEMO", "8", InvoiceType="CREDIT_MEMO"),
            invoice("RECEIPT", "110", InvoiceType="PAYMENT_RECEIPT"),
            invoice("GONE", "1000", TaxAuthorityStatus="CANCELLED"),
            invoice("FEB", "1", BillingPeriod={"Month": 2, "Year": 2026}),
        )
    )
    totals = vendor.open().independent_totals(PERIODS)
    assert totals["2026-01"] == IndependentTotal(
        costs={"USD": Decimal("102.00")},
        final=True,
        origin="invoice INV1, INV2, MEMO",  # 90 + 20 - 8
    )
    assert (totals["2026-02"].costs, totals["2026-02"].final) == ({"USD": Decimal(5)}, False)
    selectors = [call.body["Selector"] for call in aws_json.requests if call.service == "invoicing"]
    assert selectors == [{"ResourceType": "ACCOUNT_ID", "Value": "123456789012"}] * len(selectors)


def test_invoices_that_may_not_be_read_leave_the_figure_and_say_so(vendor: AwsVendor, aws_json: AwsJsonServer) -> None:
    vendor.state_total("2026-01", {"USD": Decimal("4")}, final=True)
    aws_json.fail_next("AccessDeniedException", 403, times=9, on="ListInvoiceSummaries")
    total = vendor.open().independent_totals(["2026-01"])["2026-01"]
    assert total.costs == {"USD": Decimal(4)}
    assert "grant invoicing:ListInvoiceSummaries" in total.origin


def test_cost_explorer_that_may_not_be_asked_is_named(vendor: AwsVendor, aws_json: AwsJsonServer) -> None:
    aws_json.fail_next("AccessDeniedException", 403, on="GetCostAndUsage")
    with pytest.raises(AccessDenied, match="grant ce:GetCostAndUsage"):
        vendor.open().independent_totals(["2026-01"])


def test_paid_calls_are_counted_for_a_day_retries_included(vendor: AwsVendor, aws_json: AwsJsonServer) -> None:
    vendor.state_total("2026-01", {"USD": Decimal("4")}, final=False)
    collector = vendor.bucket.open("cur_2", calls_per_day=3)
    aws_json.fail_next("LimitExceededException", 400, times=1, on="GetCostAndUsage")
    collector.independent_totals(["2026-01"])
    collector.independent_totals(["2026-01"])
    with pytest.raises(ProviderUnavailable, match=r"asked 3 times today.*raise calls_per_day"):
        collector.independent_totals(["2026-01"])
    assert aws_json.calls("ce", "GetCostAndUsage") == 3
    vendor.bucket.now += timedelta(days=1)
    assert collector.independent_totals(["2026-01"])


def test_a_member_s_export_is_compared_with_that_member_s_costs(
    bucket: BillingBucket, moto: MotoPeer, aws_json: AwsJsonServer, organisation: None
) -> None:
    bucket.deliver_export("2026-01", [csv_gz([report_row()])], run="e1", account="210987654321")
    vendor = AwsVendor(bucket=bucket, kind="cur_2")
    vendor.state_total("2026-01", {"USD": Decimal("4")}, final=True)
    assert vendor.open().independent_totals(["2026-01"])["2026-01"].costs == {"USD": Decimal(4)}
    (call,) = [call.body for call in aws_json.requests]
    assert call["Filter"] == {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["210987654321"]}}


def test_no_total_covers_the_export_of_an_account_that_shares_no_organisation(
    bucket: BillingBucket, aws_json: AwsJsonServer
) -> None:
    bucket.deliver_export("2026-01", [csv_gz([report_row()])], run="e1", account="210987654321")
    assert bucket.open("cur_2").independent_totals(["2026-01"]) == {}
    assert aws_json.requests == []


@pytest.fixture
def organisation(moto: MotoPeer) -> Iterator[None]:
    """An organisation whose management account is the one that asks."""
    client = moto.client("organizations")
    client.create_organization(FeatureSet="ALL")
    yield
    client.delete_organization()


def test_no_total_is_asked_for_when_none_covers_the_export(
    bucket: BillingBucket, moto: MotoPeer, aws_json: AwsJsonServer, organisation: None
) -> None:
    """A member of the organisation reads the bucket of another member: Cost Explorer shows it its own costs only."""
    bucket.deliver_export("2026-01", [csv_gz([report_row()])], run="e1", account="210987654321")
    member = moto.client("organizations").create_account(Email="m@example.com", AccountName="member")
    member_id = member["CreateAccountStatus"]["AccountId"]
    role = f"arn:aws:iam::{member_id}:role/reader"
    collector = bucket.open("cur_2", role_arn=role, bucket=bucket.name)
    assert scope_of(collector.clients, "210987654321") is None
    moto.client("organizations").remove_account_from_organization(AccountId=member_id)


def test_months_that_were_not_asked_for_or_have_no_figure_are_absent(vendor: AwsVendor) -> None:
    vendor.state_total("2026-02", {"USD": Decimal("4")}, final=True)
    collector = vendor.open()
    assert collector.independent_totals([]) == {}
    assert list(collector.independent_totals(["2026-01", "2026-03"])) == []


def test_months_before_the_history_of_cost_explorer_are_not_asked_for(
    vendor: AwsVendor, aws_json: AwsJsonServer
) -> None:
    vendor.state_total("2026-01", {"USD": Decimal("4")}, final=True)
    assert list(vendor.open().independent_totals(["2020-01", "2026-01"])) == ["2026-01"]
    (call,) = [call.body for call in aws_json.requests if call.service == "ce"]
    assert call["TimePeriod"]["Start"] == "2026-01-01"
    assert vendor.open().independent_totals(["2020-01"]) == {}
