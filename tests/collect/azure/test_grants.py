"""What a connection needs to be allowed: tried, and named with the smallest thing that gives it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from collectors.azure import open_collector
from collectors.azure.policy import ROLE_FILES, role_definition_text
from collectors.azure.query_quota import QueryQuota
from collectors.collector import GrantCheck
from tests.collect.azure.test_readings import ACCOUNT
from tests.collect.azure.vendor import AzureVendor


def checks(vendor: AzureVendor, **settings: object) -> tuple[GrantCheck, ...]:
    """The checks of a connection with these settings."""
    connection = replace(vendor.connection, **settings)  # type: ignore[arg-type]
    return open_collector(
        connection, environ=vendor.environ, sleep=vendor.pauses.append, quota=QueryQuota()
    ).check_grants()


def test_a_connection_that_may_do_everything_has_no_fault(vendor: AzureVendor) -> None:
    vendor.arm.on("GET", "{account*}/providers/microsoft.insights/metricDefinitions")(lambda request: {"value": []})
    vendor.arm.on("GET", "/providers/Microsoft.Capacity/reservations")(lambda request: {"value": []})
    vendor.arm.on("GET", "/providers/Microsoft.BillingBenefits/savingsPlans")(lambda request: {"value": []})
    vendor.arm.on("GET", f"/{vendor.connection.scope}")(lambda request: {})

    found = checks(
        vendor,
        metric_accounts=(ACCOUNT,),
        commitments=True,
        price_regions=("eastus",),
        access_logs=(vendor.connection.container,),
    )

    assert [(each.grant.purpose, each.fault) for each in found] == [
        ("billing", None),
        ("access", None),
        ("total", None),
        ("usage", None),
        ("usage", None),
        ("usage", None),
        ("prices", None),
    ]


def test_each_missing_permission_is_told_by_itself_with_what_gives_it(vendor: AzureVendor) -> None:
    vendor.break_next("denied", "2025-02")
    vendor.arm.fail_next(403, code="AuthorizationFailed")

    billing, total = checks(vendor)

    assert billing.fault is not None
    assert "Storage Blob Data Reader" in billing.grant.statement
    assert vendor.connection.container in billing.grant.statement
    assert total.fault is not None
    assert f"/{vendor.connection.scope}" in total.grant.statement


def test_only_what_is_configured_is_asked_for(vendor: AzureVendor) -> None:
    (billing,) = checks(vendor, total="none")

    assert billing.grant.purpose == "billing"
    assert vendor.arm.requests == []


@pytest.mark.parametrize("purpose", sorted(ROLE_FILES))
def test_role_definitions_allow_reading_and_nothing_else(purpose: str) -> None:
    role = json.loads(role_definition_text(purpose))

    allowed = [*role["Actions"], *role["DataActions"]]
    assert allowed
    assert all(action.endswith(("/read", "/query/action")) for action in allowed)
    assert not any("*" in action for action in allowed)
