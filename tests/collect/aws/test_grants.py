"""Policies that let a connection read what it names and nothing else, and checks that say what is missing."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from collectors.aws.grants import PURPOSES, render_policy
from collectors.collector import GrantCheck
from tests.collect.aws.bucket import BillingBucket
from tests.collect.aws.vendor import error_body
from tests.peers.aws_json import AwsFault, AwsJsonServer
from tests.peers.emulators import MotoPeer

EVERYTHING: dict[str, Any] = {
    "estate": ("accounts", "commitments", "advice"),
    "metric_regions": ("eu-west-1",),
    "inventories": ("s3://logs/inventory", "s3://logs/other"),
    "storage_lens": ("s3://lens",),
    "access_logs": ("s3://logs/access/",),
    "trails": ("s3://trail/all",),
    "price_services": ("AmazonS3",),
}


def actions(policy: Any) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_a_plain_connection_needs_its_export_and_its_totals_alone(bucket: BillingBucket) -> None:
    connection = bucket.connection()
    policy = render_policy(connection, "billing")
    assert policy["Statement"][:2] == [
        {
            "Sid": "ListExport",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{bucket.name}"],
            "Condition": {"StringLike": {"s3:prefix": ["exports/daily/*"]}},
        },
        {
            "Sid": "ReadExport",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{bucket.name}/exports/daily/*"],
        },
    ]
    assert actions(policy) == {
        "s3:ListBucket",
        "s3:GetObject",
        "ce:GetCostAndUsage",
        "invoicing:ListInvoiceSummaries",
        "organizations:DescribeOrganization",
    }
    assert [render_policy(connection, purpose)["Statement"] for purpose in PURPOSES[1:]] == [[], [], []]
    assert "ce:GetCostAndUsage" not in actions(render_policy(bucket.connection(total="none"), "billing"))


def test_everything_named_is_granted_with_names_that_a_policy_may_hold(bucket: BillingBucket) -> None:
    connection = bucket.connection(**EVERYTHING)
    usage = render_policy(connection, "usage")
    places = [statement["Resource"][0] for statement in usage["Statement"] if statement["Action"] == ["s3:GetObject"]]
    assert places == ["arn:aws:s3:::logs/inventory/*", "arn:aws:s3:::logs/other/*", "arn:aws:s3:::lens/*"]
    assert actions(render_policy(connection, "prices")) == {"pricing:GetProducts"}
    for purpose in PURPOSES:
        sids = [statement["Sid"] for statement in render_policy(connection, purpose)["Statement"]]
        assert len(set(sids)) == len(sids)
        assert "${" not in json.dumps(render_policy(connection, purpose))
    allowed = {
        action.partition(":")[2] for purpose in PURPOSES for action in actions(render_policy(connection, purpose))
    }
    assert all(action.startswith(("Get", "List", "Describe")) for action in allowed), "nothing here may change a thing"


@pytest.mark.parametrize(("folder", "pattern"), [("s3://logs/access-", "access-*"), ("s3://logs/access/", "access/*")])
def test_the_prefix_of_logs_need_not_be_a_folder(bucket: BillingBucket, folder: str, pattern: str) -> None:
    (_, reading) = render_policy(bucket.connection(access_logs=(folder,)), "access")["Statement"]
    assert reading["Resource"] == [f"arn:aws:s3:::logs/{pattern}"]


def test_china_has_its_own_partition(bucket: BillingBucket) -> None:
    policy = render_policy(bucket.connection(region="cn-north-1"), "billing")
    assert policy["Statement"][0]["Resource"] == [f"arn:aws-cn:s3:::{bucket.name}"]


def answer_everything(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    """Every service answers as to somebody who may ask."""

    def no_day(request: dict[str, Any]) -> dict[str, Any]:
        assert request["TimePeriod"]["Start"] == request["TimePeriod"]["End"], "a real question would be charged"
        raise AwsFault("ValidationException")

    aws_json.on("ce", "GetCostAndUsage")(no_day)
    aws_json.on("invoicing", "ListInvoiceSummaries")(lambda request: {"InvoiceSummaries": []})
    aws_json.on("savingsplans", "DescribeSavingsPlans")(lambda request: {"savingsPlans": []})
    aws_json.on("ec2", "DescribeReservedInstances")(lambda request: {"ReservedInstances": []})
    aws_json.on("cost-optimization-hub", "ListRecommendations")(lambda request: {"items": []})
    aws_json.on("pricing", "GetProducts")(lambda request: {"PriceList": []})


def everything_in(bucket: BillingBucket) -> dict[str, Any]:
    """``EVERYTHING``, with the folders in the bucket that is there."""
    folders = ("inventories", "storage_lens", "access_logs", "trails")
    return EVERYTHING | {name: (f"s3://{bucket.name}/{name}",) for name in folders}


@pytest.fixture
def organisation(moto: MotoPeer) -> Iterator[None]:
    """An organisation."""
    client = moto.client("organizations")
    client.create_organization(FeatureSet="ALL")
    yield
    client.delete_organization()


def faults(checks: tuple[GrantCheck, ...]) -> dict[str, str]:
    return {check.grant.permission: check.fault for check in checks if check.fault is not None}


def test_every_permission_of_every_policy_is_tried(
    bucket: BillingBucket, aws_json: AwsJsonServer, organisation: None
) -> None:
    answer_everything(bucket, aws_json)
    settings = everything_in(bucket)
    role = "arn:aws:iam::123456789012:role/reader"
    collector = bucket.open(**settings)
    checks = collector.check_grants()
    assert faults(checks) == {}
    wanted = {action for purpose in PURPOSES for action in actions(render_policy(collector.connection, purpose))}
    assert {check.grant.permission for check in checks} == wanted
    assert {check.grant.purpose for check in checks} == {"billing", "total", "usage", "prices", "access"}
    assert bucket.pauses == []
    with_role = bucket.open(role_arn=role, total="none").check_grants()
    assert [(check.grant.permission, check.grant.on) for check in with_role[:1]] == [("sts:AssumeRole", role)]


@pytest.mark.parametrize(
    ("on", "permission", "purpose"),
    [
        ("GetCostAndUsage", "ce:GetCostAndUsage", "total"),
        ("ListInvoiceSummaries", "invoicing:ListInvoiceSummaries", "total"),
        ("DescribeSavingsPlans", "savingsplans:DescribeSavingsPlans", "usage"),
        ("ListRecommendations", "cost-optimization-hub:ListRecommendations", "usage"),
        ("GetProducts", "pricing:GetProducts", "prices"),
    ],
)
def test_a_missing_permission_is_named_with_the_statement_that_gives_it(
    bucket: BillingBucket, aws_json: AwsJsonServer, organisation: None, on: str, permission: str, purpose: str
) -> None:
    answer_everything(bucket, aws_json)
    aws_json.fail_next("AccessDeniedException", 403, on=on)
    checks = bucket.open(**everything_in(bucket)).check_grants()
    (denied,) = [check for check in checks if check.fault is not None]
    assert (denied.grant.permission, denied.grant.purpose) == (permission, purpose)
    assert f"grant {permission}" in (denied.fault or "")
    statement = json.loads(denied.grant.statement)
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", [permission], ["*"])


def test_objects_that_may_be_listed_and_not_read_are_told_apart(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    answer_everything(bucket, aws_json)
    bucket.proxy.fail_next(403, None, error_body("AccessDenied"), times=1, on="HEAD /")
    assert list(faults(bucket.open().check_grants())) == ["s3:GetObject"]


def test_the_policy_is_enough_and_less_is_not(bucket: BillingBucket, moto: MotoPeer, aws_json: AwsJsonServer) -> None:
    """On a server that enforces policies: with the billing policy the export can be read, without it cannot."""
    iam = moto.client("iam")
    iam.create_user(UserName=bucket.name)
    made = iam.create_access_key(UserName=bucket.name)["AccessKey"]
    environ = {"TEST_AWS_ACCESS_KEY_ID": made["AccessKeyId"], "TEST_AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    settings = {"endpoints": {"s3": moto.endpoint_url}, "total": "none", "environ": environ}
    policy = render_policy(bucket.connection(total="none"), "billing")
    _enforce_policies_after(moto, b"0")
    try:
        without = bucket.open(**settings).check_grants()
        _enforce_policies_after(moto, b"inf")
        iam.put_user_policy(UserName=bucket.name, PolicyName="billing", PolicyDocument=json.dumps(policy))
        _enforce_policies_after(moto, b"0")
        with_policy = bucket.open(**settings).check_grants()
    finally:
        _enforce_policies_after(moto, b"inf")
    assert set(faults(without)) == {"s3:ListBucket", "s3:GetObject"}
    assert faults(with_policy) == {}


def _enforce_policies_after(moto: MotoPeer, requests: bytes) -> None:
    url = f"{moto.endpoint_url}/moto-api/reset-auth"
    switch = urllib.request.Request(url, requests, {"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(switch, timeout=10).close()
