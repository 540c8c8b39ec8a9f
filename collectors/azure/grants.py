"""What an Azure connection needs to be allowed, tried by calls that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from collectors.azure.blob_files import location_of, open_container, split_place
from collectors.azure.client import ArmCall, AzureClients
from collectors.azure.commitments import (
    RESERVATIONS_PERMISSION,
    SAVINGS_PLANS_PERMISSION,
    reservations_call,
    savings_plans_call,
)
from collectors.azure.faults import azure_faults
from collectors.azure.manifest import READ_PERMISSION
from collectors.azure.metrics import METRICS_PERMISSION
from collectors.azure.price_sheet import SHEET_PERMISSION, sheet_path
from collectors.azure.totals import QUERY_PERMISSION, query_totals
from collectors.collector import Grant, GrantCheck
from collectors.grant_checks import Probe, try_grants

_BILLING_API: Final = "2024-04-01"
_DEFINITIONS_API: Final = "2018-01-01"
_ASSIGNEE: Final = "<object id of the identity>"


def check_grants(clients: AzureClients) -> tuple[GrantCheck, ...]:
    """Every permission that the connection as configured needs, each tried once."""
    return try_grants(_needed(clients))


def _needed(clients: AzureClients) -> Iterator[tuple[Grant, Probe]]:
    connection = clients.connection
    yield _container(clients, connection.container, "billing")
    for places, purpose in ((connection.inventories, "usage"), (connection.access_logs, "access")):
        for place in places:
            yield _container(clients, split_place(place)[0], purpose)
    if connection.total == "auto":
        statement = _assignment("Cost Management Reader", f"/{connection.scope}")
        grant = Grant(permission=QUERY_PERMISSION, on=connection.scope, purpose="total", statement=statement)
        yield grant, partial(query_totals, clients, (f"{clients.now():%Y-%m}",))
    for account in connection.metric_accounts:
        statement = _assignment("Monitoring Reader", account)
        grant = Grant(permission=METRICS_PERMISSION, on=account, purpose="usage", statement=statement)
        yield grant, partial(clients.resource_manager, _definitions_call(account))
    if connection.commitments:
        yield from _commitments(clients)
    is_priced = connection.price_regions or connection.price_services
    if is_priced and sheet_path(connection.scope, f"{clients.now():%Y-%m}") is not None:
        yield _price_sheet(clients)


def _container(clients: AzureClients, container: str, purpose: str) -> tuple[Grant, Probe]:
    account = clients.connection.account_name
    on = f"{clients.connection.account_url}/{container}"
    scope = f"<resource id of storage account {account}>/blobServices/default/containers/{container}"
    grant = Grant(
        permission=READ_PERMISSION, on=on, purpose=purpose, statement=_assignment("Storage Blob Data Reader", scope)
    )
    return grant, partial(_read_container, clients, container)


def _read_container(clients: AzureClients, container: str) -> None:
    """List one blob and read its first byte: listing and reading are different rights."""
    location = location_of(clients, container, "")
    client = open_container(clients, container)
    with azure_faults(location, permission=READ_PERMISSION):
        first = next(iter(client.list_blobs(results_per_page=1)), None)
        if first is not None and first.size:
            client.download_blob(first.name, offset=0, length=1, decompress=False).readall()


def _definitions_call(account: str) -> ArmCall:
    return ArmCall(
        path=f"{account}/blobServices/default/providers/microsoft.insights/metricDefinitions",
        query={"api-version": _DEFINITIONS_API},
        permission=METRICS_PERMISSION,
        location=f"metrics of {account}",
    )


def _commitments(clients: AzureClients) -> Iterator[tuple[Grant, Probe]]:
    for permission, role, scope, call in (
        (RESERVATIONS_PERMISSION, "Reservations Reader", "/providers/Microsoft.Capacity", reservations_call()),
        (SAVINGS_PLANS_PERMISSION, "Savings plan Reader", "/providers/Microsoft.BillingBenefits", savings_plans_call()),
    ):
        grant = Grant(permission=permission, on=scope, purpose="usage", statement=_assignment(role, scope))
        yield grant, partial(clients.resource_manager, call)


def _price_sheet(clients: AzureClients) -> tuple[Grant, Probe]:
    """Asking for a sheet would make Azure prepare one, so whether the billing scope may be read is tried instead."""
    scope = clients.connection.scope
    grant = Grant(
        permission=SHEET_PERMISSION,
        on=scope,
        purpose="prices",
        statement=f"in Cost Management + Billing, Access control of {scope}: add {_ASSIGNEE} as a reader",
    )
    call = ArmCall(
        path=scope, query={"api-version": _BILLING_API}, permission=SHEET_PERMISSION, location=f"billing scope {scope}"
    )
    return grant, partial(clients.resource_manager, call)


def _assignment(role: str, scope: str) -> str:
    return f'az role assignment create --assignee "{_ASSIGNEE}" --role "{role}" --scope "{scope}"'
