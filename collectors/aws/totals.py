"""What AWS says that a period costs, asked by another way than the export: Cost Explorer, and invoices once closed.

Cost Explorer is asked for UnblendedCost, which is what BilledCost is made of, by month, all periods in one call (and
one more for every further page). Each call costs 0.01 USD and counts against ``calls_per_day``. A period that it still
calls estimated is not final.

When AWS has closed a period and its invoices can be read, their sum is the final figure.
Sources: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html,
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_invoicing_ListInvoiceSummaries.html.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.collector import IndependentTotal
from collectors.errors import AccessDenied, ProviderUnavailable
from collectors.months import month_after, month_start, months_before

HISTORY_MONTHS: Final = 13
"""Months before the current one that Cost Explorer tells; a question that begins earlier is refused whole."""
_METRIC: Final = "UnblendedCost"
_COST_EXPLORER: Final = "Cost Explorer UnblendedCost"
_CE_PERMISSION: Final = "ce:GetCostAndUsage"
_INVOICE_PERMISSION: Final = "invoicing:ListInvoiceSummaries"


@dataclass(slots=True, kw_only=True)
class CallBudget:
    """Counts the paid calls of each UTC day and refuses those above ``calls_per_day``; forgotten with the process."""

    calls_per_day: int
    now: Callable[[], datetime]
    _day_on: date | None = field(default=None, init=False)
    _used: int = field(default=0, init=False)

    def spend(self) -> None:
        """Count one call.

        Raises:
            ProviderUnavailable: the day's calls are used up.
        """
        today = self.now().date()
        if today != self._day_on:
            self._day_on, self._used = today, 0
        if self._used >= self.calls_per_day:
            raise ProviderUnavailable(
                f"AWS Cost Explorer was asked {self._used} times today, which is calls_per_day of this connection; try "
                "again tomorrow or raise calls_per_day (each call costs 0.01 USD)",
                vendor=VENDOR,
                location=_COST_EXPLORER,
            )
        self._used += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose costs an export holds: all that the asking account sees, or those of one member of its organisation."""

    account_id: str
    member_id: str | None = None


def scope_of(clients: AwsClients, export_account_id: str) -> Scope | None:
    """The scope to ask totals for, so that they cover what the export covers; None when no total can cover it.

    An export of the asking account itself covers what that account sees. One of another account can be asked for only
    by the management account of its organisation, and then as one of its members.

    Raises:
        ProviderError: the identity cannot be asked for.
    """
    own = clients.ask(clients.sts.get_caller_identity, location="its identity", permission="sts:GetCallerIdentity")
    own_id = own["Account"]
    if export_account_id in ("", own_id):
        return Scope(account_id=own_id)
    management_id = clients.ask(
        lambda: _management_account_id(clients),
        location="the organisation",
        permission="organizations:DescribeOrganization",
    )
    return Scope(account_id=own_id, member_id=export_account_id) if management_id == own_id else None


def _management_account_id(clients: AwsClients) -> str | None:
    """The account that pays for the organisation; None when the asking account is in none."""
    try:
        return clients.organizations.describe_organization()["Organization"].get("MasterAccountId")
    except clients.organizations.exceptions.AWSOrganizationsNotInUseException:
        return None


def read_totals(
    clients: AwsClients, periods: Sequence[str], *, scope: Scope, budget: CallBudget
) -> Mapping[str, IndependentTotal]:
    """Totals by period; none of periods that are older than Cost Explorer's history.

    Raises:
        AccessDenied: Cost Explorer may not be asked. Invoices that may not be read only leave out the final figure,
            which the total's ``origin`` then says.
        ProviderUnavailable: the budget of calls is used up, or AWS does not answer.
    """
    oldest = months_before(f"{budget.now():%Y-%m}", HISTORY_MONTHS)[0]
    told = [period for period in periods if period >= oldest]
    if not told:
        return {}
    estimates = _from_cost_explorer(clients, told, scope, budget)
    if scope.member_id is not None:
        return estimates  # invoices are the management account's, for all members together
    return {period: _with_invoices(clients, period, scope, total) for period, total in estimates.items()}


def _from_cost_explorer(
    clients: AwsClients, periods: Sequence[str], scope: Scope, budget: CallBudget
) -> dict[str, IndependentTotal]:
    request: dict[str, Any] = {
        # Whole days, the last one excluded.
        "TimePeriod": {"Start": f"{month_start(min(periods))}", "End": f"{month_after(max(periods))}"},
        "Granularity": "MONTHLY",
        "Metrics": [_METRIC],
    }
    if scope.member_id is not None:
        request["Filter"] = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [scope.member_id]}}

    def ask(**following: Any) -> Any:
        budget.spend()  # retries are paid for as well
        return clients.cost_explorer.get_cost_and_usage(**following)

    costs: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    estimated: set[str] = set()
    pages = clients.pages(
        ask,
        request,
        location=_COST_EXPLORER,
        permission=_CE_PERMISSION,
        token=("NextPageToken", "NextPageToken"),
    )
    for page in pages:
        for result in page["ResultsByTime"]:
            period = result["TimePeriod"]["Start"][:7]
            amount = result.get("Total", {}).get(_METRIC)
            if period not in periods or amount is None:
                continue
            costs[period][amount["Unit"]] += _decimal(amount["Amount"], _COST_EXPLORER)
            if result.get("Estimated", True):
                estimated.add(period)
    return {
        period: IndependentTotal(costs=dict(by_currency), final=period not in estimated, origin=_COST_EXPLORER)
        for period, by_currency in costs.items()
    }


def _with_invoices(clients: AwsClients, period: str, scope: Scope, total: IndependentTotal) -> IndependentTotal:
    """The sum of the period's invoices in place of ``total`` when AWS has closed the period and shows them."""
    if not total.final:
        return total
    month = month_start(period)
    request = {
        "Selector": {"ResourceType": "ACCOUNT_ID", "Value": scope.account_id},
        "Filter": {"BillingPeriod": {"Month": month.month, "Year": month.year}},
    }
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    invoice_ids: list[str] = []
    location = f"invoices of {period}"
    try:
        for page in clients.pages(
            clients.invoicing.list_invoice_summaries, request, location=location, permission=_INVOICE_PERMISSION
        ):
            for invoice in page["InvoiceSummaries"]:
                if invoice.get("InvoiceType") == "PAYMENT_RECEIPT" or invoice.get("TaxAuthorityStatus") == "CANCELLED":
                    continue  # neither charges anything
                amount = invoice["BaseCurrencyAmount"]
                costs[amount["CurrencyCode"]] += _signed(invoice, _decimal(amount["TotalAmount"], location))
                invoice_ids.append(invoice["InvoiceId"])
    except AccessDenied:
        origin = f"{total.origin}; its invoices could not be read, grant {_INVOICE_PERMISSION}"
        return IndependentTotal(costs=total.costs, final=total.final, origin=origin)
    if not invoice_ids:
        return total
    return IndependentTotal(costs=dict(costs), final=True, origin=f"invoice {', '.join(sorted(invoice_ids))}")


def _signed(invoice: Mapping[str, Any], amount: Decimal) -> Decimal:
    """A credit memo takes off, whether or not AWS writes its amount with a sign."""
    return -abs(amount) if invoice.get("InvoiceType") == "CREDIT_MEMO" else amount


def _decimal(text: str, location: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as fault:
        raise _no_amount(text, location) from fault
    if not amount.is_finite():
        raise _no_amount(text, location)
    return amount


def _no_amount(text: str, location: str) -> ProviderUnavailable:
    return ProviderUnavailable(
        f"AWS answered with {text!r} for {location} where an amount was expected; try again later",
        vendor=VENDOR,
        location=location,
    )
