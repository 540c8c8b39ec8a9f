"""Reservations and savings plans that stand, and what Azure itself advises to buy.

Sources: https://learn.microsoft.com/rest/api/reserved-vm-instances/reservation/list-all,
https://learn.microsoft.com/rest/api/billingbenefits/savings-plan/list-all,
https://learn.microsoft.com/rest/api/cost-management/benefit-recommendations/list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pyarrow as pa

from collectors.azure.client import ArmCall, AzureClients
from collectors.azure.credentials import VENDOR
from collectors.azure.manifest import moment
from collectors.errors import InvalidManifest
from collectors.readings import COMMITMENT_STATE, VENDOR_ADVICE, Reading
from optimizer.units import HOURS_PER_MONTH

RESERVATIONS_API: Final = "2022-11-01"
SAVINGS_PLANS_API: Final = "2022-11-01"
ADVICE_API: Final = "2025-03-01"
RESERVATIONS_PERMISSION: Final = "Reservations Reader (Microsoft.Capacity/reservations/read)"
SAVINGS_PLANS_PERMISSION: Final = "Savings plan Reader (Microsoft.BillingBenefits/savingsPlans/read)"
ADVICE_PERMISSION: Final = "Cost Management Reader (Microsoft.CostManagement/benefitRecommendations/read)"

_PLACES: Final = Decimal(1).scaleb(-12)
Row = Mapping[str, Any]


def reservations_call() -> ArmCall:
    """Every reservation that the identity may see."""
    return ArmCall(
        path="/providers/Microsoft.Capacity/reservations",
        query={"api-version": RESERVATIONS_API},
        permission=RESERVATIONS_PERMISSION,
        location="reservations (/providers/Microsoft.Capacity)",
    )


def savings_plans_call() -> ArmCall:
    """Every savings plan that the identity may see."""
    return ArmCall(
        path="/providers/Microsoft.BillingBenefits/savingsPlans",
        query={"api-version": SAVINGS_PLANS_API},
        permission=SAVINGS_PLANS_PERMISSION,
        location="savings plans (/providers/Microsoft.BillingBenefits)",
    )


def read_commitments(clients: AzureClients) -> Reading:
    """``commitment_state`` of every reservation and savings plan, those that have ended included.

    Raises:
        InvalidManifest: an answer that is not of the documented shape.
        AccessDenied, NotFoundAtProvider, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
    """
    rows = [
        *_rows(clients, reservations_call(), _reservation),
        *_rows(clients, savings_plans_call(), _savings_plan),
    ]
    return Reading(table="commitment_state", unit="current", rows=pa.Table.from_pylist(rows, schema=COMMITMENT_STATE))


def read_advice(clients: AzureClients) -> Reading:
    """``vendor_advice``: the savings plan purchases that Azure recommends for the connection's scope.

    Raises:
        As ``read_commitments``.
    """
    scope = clients.connection.scope
    call = ArmCall(
        path=f"{scope}/providers/Microsoft.CostManagement/benefitRecommendations",
        query={"api-version": ADVICE_API, "$filter": "properties/lookBackPeriod eq 'Last30Days'"},
        permission=ADVICE_PERMISSION,
        location=f"benefit recommendations of {scope}",
    )

    def advice(item: Row) -> dict[str, Any]:
        return _advice(item, scope)

    rows = list(_rows(clients, call, advice))
    return Reading(table="vendor_advice", unit="current", rows=pa.Table.from_pylist(rows, schema=VENDOR_ADVICE))


def _rows(clients: AzureClients, call: ArmCall, convert: Callable[[Row], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for body in clients.pages(call):
        try:
            yield from [convert(item) for item in body["value"]]
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as fault:
            raise InvalidManifest(
                f"Azure's answer for {call.location} is not of the documented shape ({fault!r}); report this",
                vendor=VENDOR,
                location=call.location,
            ) from fault


def _reservation(item: Row) -> dict[str, Any]:
    facts: Row = item["properties"]
    return {
        "provider": "azure",
        "commitment_id": str(item["id"]),
        "kind": "reservation",
        "service": facts.get("reservedResourceType"),
        "region": item.get("location"),
        "state": facts.get("displayProvisioningState") or facts.get("provisioningState"),
        "starts_at": _at(facts.get("effectiveDateTime") or facts.get("benefitStartTime")),
        "ends_at": _at(facts.get("expiryDateTime") or facts.get("expiryDate")),
        "currency": None,
        "hourly_commitment": None,
        "upfront_payment": None,
        "quantity": _amount(facts.get("quantity")),
        "instance_type": (item.get("sku") or {}).get("name"),
    }


def _savings_plan(item: Row) -> dict[str, Any]:
    facts: Row = item["properties"]
    commitment: Row = facts.get("commitment") or {}
    is_hourly = str(commitment.get("grain", "")).lower() == "hourly"
    return {
        "provider": "azure",
        "commitment_id": str(item["id"]),
        "kind": "savings_plan",
        "service": (item.get("sku") or {}).get("name"),
        "region": None,
        "state": facts.get("displayProvisioningState") or facts.get("provisioningState"),
        "starts_at": _at(facts.get("effectiveDateTime") or facts.get("benefitStartTime")),
        "ends_at": _at(facts.get("expiryDateTime")),
        "currency": commitment.get("currencyCode"),
        "hourly_commitment": _amount(commitment.get("amount")) if is_hourly else None,
        "upfront_payment": None,
        "quantity": None,
        "instance_type": None,
    }


def _advice(item: Row, scope: str) -> dict[str, Any]:
    """A saving is told for the hours looked back on; a month has ``HOURS_PER_MONTH``."""
    facts: Row = item["properties"]
    details: Row = facts.get("recommendationDetails") or {}
    saving, hours = _amount(details.get("savingsAmount")), facts.get("totalHours")
    monthly = (saving * HOURS_PER_MONTH / int(hours)).quantize(_PLACES) if saving is not None and hours else None
    term, plan = facts.get("term"), facts.get("armSkuName")
    return {
        "provider": "azure",
        "advice_id": str(item["id"]),
        "account_id": facts.get("subscriptionId") or scope,
        "region": None,
        "resource_id": None,
        "action": "buy_savings_plan",
        "description": (
            f"commit {details.get('commitmentAmount')} {facts.get('currencyCode')} "
            f"{str(facts.get('commitmentGranularity', '')).lower()} for {term} to {plan}"
        ),
        "currency": facts.get("currencyCode"),
        "estimated_monthly_saving": monthly,
        "refreshed_at": _at(facts.get("lastConsumptionDate")),
    }


def _at(text: Any) -> datetime | None:
    return moment(str(text)) if text else None


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(_PLACES)
