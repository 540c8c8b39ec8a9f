"""Which permissions a connection needs, as least-privilege policies, and whether it has them.

The policies are the files in ``collectors.aws.policy``: a statement counts when the connection asks for what it allows,
once for every folder in S3 that it is about.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import resources
from string import Template
from typing import Any, Final

import botocore.exceptions

from collectors.aws.client import AwsClients
from collectors.aws.faults import code_of
from collectors.aws.objects import list_objects, look_at, split_uri
from collectors.collector import Grant, GrantCheck
from collectors.connections.aws import AwsExport
from collectors.errors import NotFoundAtProvider
from collectors.grant_checks import Probe, try_grants

PURPOSES: Final = ("billing", "usage", "prices", "access")
_TOTAL_ACTIONS: Final = ("ce:GetCostAndUsage", "invoicing:ListInvoiceSummaries", "organizations:DescribeOrganization")
_ABSENT_NAME: Final = "permission-check"
"""Last part of a key that is not there: looking at it is denied to those who may not read, and else finds nothing."""
_INVALID: Final = frozenset(
    {
        "ValidationException",
        "ValidationError",
        "InvalidParameterValue",
        "InvalidParameterCombination",
        "AWSOrganizationsNotInUseException",
    }
)
"""AWS looks at the permission before it looks at the request, so these answers come to those who may ask."""


def render_policy(connection: AwsExport, purpose: str) -> Mapping[str, Any]:
    """The IAM policy that lets the connection read for one of ``PURPOSES``; without a statement when it needs none."""
    text = resources.files("collectors.aws.policy").joinpath(f"{purpose}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    partition = _partition(connection)
    statements = []
    for statement in document["Statement"]:
        places = list(_places(connection, statement["Sid"]))
        for number, (bucket, prefix) in enumerate(places, start=1):
            filled = Template(json.dumps(statement)).substitute(bucket=bucket, prefix=prefix, partition=partition)
            # A policy may not hold two statements of one name.
            name = statement["Sid"] if len(places) == 1 else f"{statement['Sid']}{number}"
            statements.append({**json.loads(filled), "Sid": name})
    return {"Version": document["Version"], "Statement": statements}


def check_grants(connection: AwsExport, clients: AwsClients) -> tuple[GrantCheck, ...]:
    """Tries every permission by a call that reads next to nothing and changes nothing."""
    return try_grants(_probes(connection, clients))


def _probes(connection: AwsExport, clients: AwsClients) -> Iterator[tuple[Grant, Probe]]:
    if connection.role_arn is not None:
        yield _role_grant(connection.role_arn), partial(_account_id, clients)
    for purpose in PURPOSES:
        for statement in render_policy(connection, purpose)["Statement"]:
            probe = _Probe(connection, clients, statement)
            for action in statement["Action"]:
                on = statement["Resource"][0]
                grant = Grant(
                    permission=action,
                    on=on,
                    purpose="total" if action in _TOTAL_ACTIONS else purpose,
                    statement=json.dumps({**statement, "Action": [action]}),
                )
                yield grant, partial(probe.attempt, action)


def _role_grant(role_arn: str) -> Grant:
    statement = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [role_arn]}
    return Grant(permission="sts:AssumeRole", on=role_arn, purpose="billing", statement=json.dumps(statement))


def _account_id(clients: AwsClients) -> str:
    """Which account this connection asks as; everybody may know that of himself."""
    own = clients.ask(clients.sts.get_caller_identity, location="its identity", permission="sts:GetCallerIdentity")
    return own["Account"]


def _places(connection: AwsExport, sid: str) -> Iterator[tuple[str, str]]:
    """Bucket and key prefix of everything that a statement is about; ('', '') when it is about no bucket."""
    estate = connection.estate
    needed = {
        "ReadBucketSizes": bool(connection.metric_regions),
        "ListAccounts": "accounts" in estate,
        "ReadCommitments": "commitments" in estate,
        "ReadAdvice": "advice" in estate,
        "ReadPrices": bool(connection.price_services),
        "AskTotals": connection.total == "auto",
    }
    if sid in needed:
        if needed[sid]:
            yield "", ""
        return
    folders = {
        "Export": (connection.origin,),
        "Reports": (*connection.inventories, *connection.storage_lens),
        "Logs": (*connection.access_logs, *connection.trails),
    }
    for folder in dict.fromkeys(folders[sid.removeprefix("List").removeprefix("Read")]):
        bucket, prefix = split_uri(folder)
        # The prefix of server access logs need not be a folder, as in ``access-2025-01-01-...``.
        is_open = folder in connection.access_logs and not folder.endswith("/")
        yield bucket, prefix.removesuffix("/") if is_open else prefix


@dataclass(frozen=True, slots=True)
class _Probe:
    """Tries the permissions of one statement."""

    connection: AwsExport
    clients: AwsClients
    statement: Mapping[str, Any]

    def attempt(self, action: str) -> None:
        """Returns when the action is allowed.

        Raises:
            ProviderError: it is not, or AWS cannot be asked.
        """
        if action.startswith("s3:"):
            self._attempt_on_bucket(action)
            return
        call = _CALLS[action]

        def ask() -> None:
            try:
                call(self.clients, self.connection)
            except botocore.exceptions.ClientError as fault:
                if code_of(fault) not in _INVALID:
                    raise

        self.clients.ask(ask, location=action.partition(":")[0], permission=action)

    def _attempt_on_bucket(self, action: str) -> None:
        bucket, _, pattern = self.statement["Resource"][0].rpartition(":::")[2].partition("/")
        if action == "s3:ListBucket":
            (prefix,) = self.statement["Condition"]["StringLike"]["s3:prefix"]
            next(list_objects(self.clients, bucket, prefix.removesuffix("*")), None)
            return
        with suppress(NotFoundAtProvider):  # nothing is there, and this connection may know it
            look_at(self.clients, bucket, pattern.removesuffix("*") + _ABSENT_NAME)


def _ask_for_no_day(clients: AwsClients, _: AwsExport) -> object:
    """A period without a day, which is refused as invalid to those who may ask."""
    return clients.cost_explorer.get_cost_and_usage(
        TimePeriod={"Start": "2025-01-01", "End": "2025-01-01"}, Granularity="MONTHLY", Metrics=["UnblendedCost"]
    )


def _ask_for_one_invoice(clients: AwsClients, _: AwsExport) -> object:
    return clients.invoicing.list_invoice_summaries(
        Selector={"ResourceType": "ACCOUNT_ID", "Value": _account_id(clients)}, MaxResults=1
    )


def _ask_for_one_metric(clients: AwsClients, connection: AwsExport) -> object:
    now = clients.now()
    return clients.cloudwatch(connection.metric_regions[0]).get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m0",
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/S3", "MetricName": "NumberOfObjects"},
                    "Period": 86_400,
                    "Stat": "Average",
                },
            }
        ],
        StartTime=now - timedelta(days=1),
        EndTime=now,
    )


_CALLS: Final[Mapping[str, Callable[[AwsClients, AwsExport], object]]] = {
    "ce:GetCostAndUsage": _ask_for_no_day,
    "invoicing:ListInvoiceSummaries": _ask_for_one_invoice,
    "cloudwatch:ListMetrics": lambda clients, connection: clients.cloudwatch(connection.metric_regions[0]).list_metrics(
        Namespace="AWS/S3", MetricName="NumberOfObjects"
    ),
    "cloudwatch:GetMetricData": _ask_for_one_metric,
    "organizations:DescribeOrganization": lambda clients, _: clients.organizations.describe_organization(),
    "organizations:ListAccounts": lambda clients, _: clients.organizations.list_accounts(MaxResults=1),
    "savingsplans:DescribeSavingsPlans": lambda clients, _: clients.savings_plans.describe_savings_plans(maxResults=1),
    "ec2:DescribeReservedInstances": lambda clients, connection: clients.ec2(
        connection.region
    ).describe_reserved_instances(),
    "cost-optimization-hub:ListRecommendations": lambda clients, _: clients.cost_optimization_hub.list_recommendations(
        maxResults=1
    ),
    "pricing:GetProducts": lambda clients, connection: clients.pricing.get_products(
        ServiceCode=connection.price_services[0], MaxResults=1
    ),
}
"""Permission -> a call that needs it and reads next to nothing."""


def _partition(connection: AwsExport) -> str:
    """Which AWS it is: China and GovCloud have names of their own in every ARN."""
    if connection.region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if connection.region.startswith("us-gov-") else "aws"
