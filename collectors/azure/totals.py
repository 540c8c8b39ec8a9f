"""The independent total: what the query API of Cost Management says that a month costs, which reads no export.

One query covers up to twelve months, by month, currency and invoice; its pages are asked for by posting the same body
again, since the SDK does not page queries. A month is final once every charge of it stands on an invoice.
Source: https://learn.microsoft.com/rest/api/cost-management/query/usage.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final

from collectors.azure.client import ArmCall, AzureClients
from collectors.azure.credentials import VENDOR
from collectors.collector import IndependentTotal
from collectors.connections.azure import AzureAmortizedExport
from collectors.errors import InvalidManifest
from collectors.months import month_after, months_between

API_VERSION: Final = "2025-03-01"
QUERY_PERMISSION: Final = "Cost Management Reader (Microsoft.CostManagement/query/action)"
MOST_MONTHS: Final = 12
COST_ALIAS: Final = "totalCost"

_COST_COLUMNS: Final = (COST_ALIAS, "Cost", "PreTaxCost")
_MONTH_COLUMNS: Final = ("BillingMonth", "UsageDate")
_CURRENCY_COLUMNS: Final = ("Currency", "BillingCurrency")
_INVOICE_COLUMN: Final = "InvoiceNumber"


@dataclass(slots=True)
class _Month:
    costs: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    invoices: set[str] = field(default_factory=set)
    has_uninvoiced: bool = False


def query_totals(clients: AzureClients, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
    """Totals by period, for those periods that the query names; ``AmortizedCost`` for the amortised export.

    Raises:
        AccessDenied, NotFoundAtProvider, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
        InvalidManifest: an answer that is not of the documented shape, or whose next page is on another host.
    """
    is_amortized = isinstance(clients.connection, AzureAmortizedExport)
    kind = "AmortizedCost" if is_amortized else "ActualCost"
    months: dict[str, _Month] = defaultdict(_Month)
    for call in _calls(clients, kind, periods):
        for body in clients.pages(call):
            _add(months, body, call.location)
    return {
        period: IndependentTotal(
            costs=dict(month.costs),
            final=not month.has_uninvoiced and bool(month.invoices),
            origin=_origin(kind, month),
            basis="EffectiveCost" if is_amortized else "BilledCost",
        )
        for period, month in months.items()
        if period in periods
    }


def _calls(clients: AzureClients, kind: str, periods: Sequence[str]) -> Iterator[ArmCall]:
    wanted = sorted(set(periods))
    while wanted:
        asked = tuple(islice(months_between(wanted[0], wanted[-1]), MOST_MONTHS))
        wanted = [period for period in wanted if period > asked[-1]]
        scope = clients.connection.scope
        yield ArmCall(
            method="POST",
            path=f"{scope}/providers/Microsoft.CostManagement/query",
            query={"api-version": API_VERSION},
            body=_definition(kind, asked[0], asked[-1]),
            permission=QUERY_PERMISSION,
            location=f"costs of {scope}",
            query_units=len(asked),
        )


def _definition(kind: str, first: str, last: str) -> Mapping[str, Any]:
    last_day_on = month_after(last) - timedelta(days=1)
    return {
        "type": kind,
        "timeframe": "Custom",
        # The end is taken to the last second of the month: both ends count.
        "timePeriod": {"from": f"{first}-01T00:00:00Z", "to": f"{last_day_on}T23:59:59Z"},
        "dataset": {
            "granularity": "Monthly",
            "aggregation": {COST_ALIAS: {"name": "Cost", "function": "Sum"}},
            "grouping": [{"type": "Dimension", "name": _INVOICE_COLUMN}],
        },
    }


def _add(months: dict[str, _Month], body: Mapping[str, Any], location: str) -> None:
    """Add the rows of a page, whose cells stand in the order of its columns."""
    try:
        properties = body["properties"]
        names = [str(column["name"]).casefold() for column in properties["columns"]]
        cost_at, month_at, currency_at = (
            _position(names, wanted) for wanted in (_COST_COLUMNS, _MONTH_COLUMNS, _CURRENCY_COLUMNS)
        )
        invoice_at = names.index(_INVOICE_COLUMN.casefold()) if _INVOICE_COLUMN.casefold() in names else None
        for row in properties["rows"]:
            if len(row) != len(names):
                raise ValueError(f"a row of {len(row)} cells under {len(names)} columns")
            month = months[_month_of(row[month_at])]
            month.costs[str(row[currency_at]).upper()] += Decimal(str(row[cost_at]))
            invoice = str(row[invoice_at] or "").strip() if invoice_at is not None else ""
            if invoice:
                month.invoices.add(invoice)
            else:
                month.has_uninvoiced = True
    except (KeyError, TypeError, ValueError, InvalidOperation) as fault:
        raise InvalidManifest(
            f"Azure's answer for {location} is not of the documented shape ({fault!r}); expected a cost, a "
            "month and a currency; report this",
            vendor=VENDOR,
            location=location,
        ) from fault


def _position(names: Sequence[str], wanted: Sequence[str]) -> int:
    for name in wanted:
        if name.casefold() in names:
            return names.index(name.casefold())
    raise ValueError(f"none of the columns {', '.join(wanted)}")


def _month_of(cell: Any) -> str:
    """``2025-01-01T00:00:00`` or the number 20250101 as ``2025-01``."""
    found = re.match(r"(\d{4})-?(0[1-9]|1[0-2])", str(cell))
    if found is None:
        raise ValueError(f"{cell!r} is no month")
    return f"{found[1]}-{found[2]}"


def _origin(kind: str, month: _Month) -> str:
    invoices = f", invoice {', '.join(sorted(month.invoices))}" if month.invoices else ""
    return f"Cost Management query {kind}{invoices}"
