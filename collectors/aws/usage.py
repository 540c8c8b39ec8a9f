"""Usage and commitments: sizes of buckets, accounts, savings plans, reserved instances, and AWS's own advice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from collectors.aws.bucket_sizes import read_bucket_sizes
from collectors.aws.client import AwsClients
from collectors.aws.deferred import each_in_turn
from collectors.aws.inventory import read_inventory
from collectors.aws.storage_lens import read_lens
from collectors.aws.tables import exact, reading_of
from collectors.collector import CollectWindow
from collectors.connections.aws import AwsExport
from collectors.readings import Reading, SignalReading

Reader = Callable[[], Iterator[Reading | SignalReading]]
_ADVICE_PAGE: Final = 100


def read_usage(connection: AwsExport, clients: AwsClients, window: CollectWindow) -> Iterator[Reading | SignalReading]:
    """Everything that the connection names: states of buckets first, then what ``estate`` lists.

    Raises:
        CollectorError: something of it cannot be read; the rest has been yielded before.
    """
    readers: list[Reader] = []
    readers.extend(partial(read_bucket_sizes, clients, region, window) for region in connection.metric_regions)
    readers.extend(partial(read_inventory, clients, folder, window) for folder in connection.inventories)
    readers.extend(partial(read_lens, clients, folder, window) for folder in connection.storage_lens)
    estate: dict[str, Reader] = {
        "accounts": partial(_accounts, clients),
        "commitments": partial(_commitments, connection, clients),
        "advice": partial(_advice, clients),
    }
    readers.extend(estate[name] for name in connection.estate)
    return each_in_turn(readers)


def _accounts(clients: AwsClients) -> Iterator[Reading]:
    """Accounts of the organisation. Source: API_ListAccounts of AWS Organizations."""
    pages = clients.pages(
        clients.organizations.list_accounts,
        {},
        location="the accounts of the organisation",
        permission="organizations:ListAccounts",
    )
    yield reading_of("account", [_account(each) for page in pages for each in page["Accounts"]])


def _account(account: Any) -> dict[str, Any]:
    # A path is <organisation>/<root>/<unit>/.../<account>/, the last unit being the parent.
    steps = [step for step in next(iter(account.get("Paths", [])), "").split("/") if step]
    above = [step for step in steps if step != account["Id"]]
    return {
        "provider": "aws",
        "account_id": account["Id"],
        "name": account.get("Name"),
        "parent_id": above[-1] if above else None,
        "state": account.get("State") or account.get("Status"),
    }


def _commitments(connection: AwsExport, clients: AwsClients) -> Iterator[Reading]:
    """Savings plans and reserved instances, in one table since each reading of it replaces the one before.

    Sources: API_savingsplans_DescribeSavingsPlans, API_DescribeReservedInstances of Amazon EC2.
    """
    pages = clients.pages(
        clients.savings_plans.describe_savings_plans,
        {},
        location="the savings plans",
        permission="savingsplans:DescribeSavingsPlans",
        token=("nextToken", "nextToken"),
    )
    rows = [_savings_plan(each) for page in pages for each in page.get("savingsPlans", [])]
    own = clients.ask(clients.sts.get_caller_identity, location="its identity", permission="sts:GetCallerIdentity")
    partition = own["Arn"].split(":")[1]
    for region in connection.regions:
        found = clients.ask(
            clients.ec2(region).describe_reserved_instances,
            location=f"the reserved instances of {region}",
            permission="ec2:DescribeReservedInstances",
        )
        prefix = f"arn:{partition}:ec2:{region}:{own['Account']}:reserved-instances/"
        rows.extend(_reserved(each, region, prefix) for each in found["ReservedInstances"])
    yield reading_of("commitment_state", rows)


def _savings_plan(plan: Any) -> dict[str, Any]:
    return {
        "provider": "aws",
        "commitment_id": plan.get("savingsPlanArn"),
        "kind": "savings_plan",
        "service": plan.get("savingsPlanType"),
        "region": plan.get("region") or None,
        "state": plan.get("state"),
        "starts_at": _moment(plan.get("start")),
        "ends_at": _moment(plan.get("end")),
        "currency": plan.get("currency"),
        "hourly_commitment": exact(plan.get("commitment")),
        "upfront_payment": exact(plan.get("upfrontPaymentAmount")),
        "instance_type": plan.get("ec2InstanceFamily") or None,
    }


def _reserved(reservation: Any, region: str, prefix: str) -> dict[str, Any]:
    """Amounts are for all instances of the reservation together; AWS states them for one."""
    count = int(reservation.get("InstanceCount", 1))
    hourly = [
        exact(charge.get("Amount")) or Decimal(0)
        for charge in reservation.get("RecurringCharges", [])
        if charge.get("Frequency", "Hourly") == "Hourly"
    ]
    usage = exact(reservation.get("UsagePrice")) or Decimal(0)
    upfront = exact(reservation.get("FixedPrice"))
    return {
        "provider": "aws",
        "commitment_id": f"{prefix}{reservation['ReservedInstancesId']}",
        "kind": "reserved_instance",
        "service": "Amazon Elastic Compute Cloud",
        "region": region,
        "state": reservation.get("State"),
        "starts_at": reservation.get("Start"),
        "ends_at": reservation.get("End"),
        "currency": reservation.get("CurrencyCode"),
        "hourly_commitment": (usage + sum(hourly, Decimal(0))) * count,
        "upfront_payment": None if upfront is None else upfront * count,
        "quantity": Decimal(count),
        "instance_type": reservation.get("InstanceType"),
    }


def _advice(clients: AwsClients) -> Iterator[Reading]:
    """Recommendations of the Cost Optimization Hub. Source: API_CostOptimizationHub_ListRecommendations."""
    pages = clients.pages(
        clients.cost_optimization_hub.list_recommendations,
        {"maxResults": _ADVICE_PAGE},
        location="the recommendations of the Cost Optimization Hub",
        permission="cost-optimization-hub:ListRecommendations",
        token=("nextToken", "nextToken"),
    )
    yield reading_of("vendor_advice", [_recommendation(each) for page in pages for each in page.get("items", [])])


def _recommendation(item: Any) -> dict[str, Any]:
    summaries = (item.get("currentResourceSummary"), item.get("recommendedResourceSummary"))
    return {
        "provider": "aws",
        "advice_id": item.get("recommendationId"),
        "account_id": item.get("accountId"),
        "region": item.get("region"),
        "resource_id": item.get("resourceArn") or item.get("resourceId"),
        "action": item.get("actionType"),
        "description": " -> ".join(summary for summary in summaries if summary) or None,
        "currency": item.get("currencyCode"),
        # A double: what its arithmetic adds beyond the twelfth decimal is no saving.
        "estimated_monthly_saving": exact(round(float(item.get("estimatedMonthlySavings", 0.0)), 9)),
        "refreshed_at": item.get("lastRefreshTimestamp"),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
