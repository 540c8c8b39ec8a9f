"""moto and the AWS replay server, by boto3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from tests.peers.aws_json import AwsFault, AwsJsonServer
from tests.peers.emulators import MotoPeer

JUNE = {"Start": "2025-06-01", "End": "2025-07-01"}
ASKED = {"TimePeriod": JUNE, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
ARN = "arn:aws:bcm-data-exports:us-east-1:123456789012:export/focus"
AT = datetime(2025, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def services(aws_json: AwsJsonServer) -> AwsJsonServer:
    """The replay server, empty."""
    aws_json.reset()
    return aws_json


def _answer_cost(services: AwsJsonServer, amount: str) -> None:
    @services.on("ce", "GetCostAndUsage")
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        total = {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}
        month = {"TimePeriod": request["TimePeriod"], "Total": total, "Groups": [], "Estimated": False}
        return {"ResultsByTime": [month]}


def test_moto_keeps_objects_until_it_is_reset(moto: MotoPeer) -> None:
    moto.reset()
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="billing")
    s3.put_object(Bucket="billing", Key="a/manifest.json", Body=b"{}")
    assert s3.get_object(Bucket="billing", Key="a/manifest.json")["Body"].read() == b"{}"
    moto.reset()
    assert s3.list_buckets()["Buckets"] == []


def test_moto_has_the_account_its_organisation_and_its_metrics(moto: MotoPeer) -> None:
    moto.reset()
    assert moto.client("sts").get_caller_identity()["Account"] == moto.account_id
    organization = moto.client("organizations").create_organization(FeatureSet="ALL")["Organization"]
    assert organization["MasterAccountId"] == moto.account_id
    cloudwatch = moto.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Peer", MetricData=[{"MetricName": "BucketSizeBytes", "Value": 5.0}])
    assert [metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="Peer")["Metrics"]] == [
        "BucketSizeBytes"
    ]


@pytest.mark.parametrize(
    ("service", "operation", "call", "reply"),
    [
        ("ce", "GetCostAndUsage", lambda c: c.get_cost_and_usage(**ASKED), {"ResultsByTime": [{"TimePeriod": JUNE}]}),
        ("cur", "DescribeReportDefinitions", lambda c: c.describe_report_definitions(), {"ReportDefinitions": []}),
        (
            "bcm-data-exports",
            "ListExports",
            lambda c: c.list_exports(),
            {"Exports": [{"ExportArn": ARN, "ExportName": "focus", "ExportStatus": {"StatusCode": "HEALTHY"}}]},
        ),
        (
            "pricing",
            "GetProducts",
            lambda c: c.get_products(ServiceCode="AmazonS3"),
            {"PriceList": ['{"product": {}}']},
        ),
        (
            "cost-optimization-hub",
            "ListRecommendations",
            lambda c: c.list_recommendations(),
            {"items": [{"recommendationId": "r", "estimatedMonthlySavings": 12.5, "lastRefreshTimestamp": AT}]},
        ),
        (
            "savingsplans",
            "DescribeSavingsPlans",
            lambda c: c.describe_savings_plans(),
            {"savingsPlans": [{"savingsPlanId": "sp", "commitment": "1.5"}]},
        ),
        (
            "invoicing",
            "ListInvoiceSummaries",
            lambda c: c.list_invoice_summaries(Selector={"ResourceType": "ACCOUNT_ID", "Value": "123456789012"}),
            {"InvoiceSummaries": [{"InvoiceId": "i", "IssuedDate": AT}]},
        ),
        (
            "compute-optimizer",
            "GetEnrollmentStatus",
            lambda c: c.get_enrollment_status(),
            {"status": "Active", "numberOfMemberAccountsOptedIn": 300, "lastUpdatedTimestamp": AT},
        ),
        (
            "ec2",
            "DescribeReservedInstances",
            lambda c: c.describe_reserved_instances(Filters=[{"Name": "state", "Values": ["active"]}]),
            {"ReservedInstances": [{"ReservedInstancesId": "ri", "FixedPrice": 10.5, "Start": AT, "InstanceCount": 2}]},
        ),
    ],
)
def test_boto3_reads_back_what_a_test_answers(
    services: AwsJsonServer, service: str, operation: str, call: Any, reply: dict[str, Any]
) -> None:
    services.on(service, operation)(lambda _: reply)
    got = call(services.client(service))
    assert {name: value for name, value in got.items() if name != "ResponseMetadata"} == reply
    assert [(c.service, c.operation, c.signed) for c in services.requests] == [(service, operation, True)]


@pytest.mark.parametrize("service", ["ce", "compute-optimizer", "ec2", "savingsplans"])
def test_an_injected_error_arrives_in_every_protocol(services: AwsJsonServer, service: str) -> None:
    calls = {
        "ce": lambda c: c.get_cost_and_usage(**ASKED),
        "compute-optimizer": lambda c: c.get_enrollment_status(),
        "ec2": lambda c: c.describe_reserved_instances(),
        "savingsplans": lambda c: c.describe_savings_plans(),
    }
    services.fail_next("AccessDeniedException", 403, message="not you")
    with pytest.raises(ClientError, match=r"AccessDeniedException.*not you"):
        calls[service](services.client(service))


def test_a_throttled_call_is_asked_again_and_both_are_counted(services: AwsJsonServer) -> None:
    _answer_cost(services, "7.00")
    services.fail_next("ThrottlingException", on="GetCostAndUsage")
    got = services.client("ce").get_cost_and_usage(**ASKED)
    assert got["ResultsByTime"][0]["Total"]["UnblendedCost"]["Amount"] == "7.00"
    assert services.calls("ce", "GetCostAndUsage") == 2


def test_an_answer_may_be_the_services_own_error(services: AwsJsonServer) -> None:
    @services.on("ce", "GetCostAndUsage")
    def refuse(request: dict[str, Any]) -> dict[str, Any]:
        raise AwsFault("DataUnavailableException", 400)

    with pytest.raises(ClientError, match="DataUnavailableException"):
        services.client("ce").get_cost_and_usage(**ASKED)


def test_an_unsigned_request_is_refused(services: AwsJsonServer) -> None:
    _answer_cost(services, "1")
    unsigned = services.client("ce", signature_version=UNSIGNED)
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        unsigned.get_cost_and_usage(**ASKED)
    assert [call.signed for call in services.requests] == [False]


def test_a_question_that_breaks_the_model_is_refused(services: AwsJsonServer) -> None:
    _answer_cost(services, "1")
    careless = services.client("ce", parameter_validation=False)
    with pytest.raises(ClientError, match="ValidationException"):
        careless.get_cost_and_usage(Granularity="MONTHLY")


@pytest.mark.parametrize("reply", [{"Bogus": 1}, {"ResultsByTime": "soon"}])
def test_an_answer_that_breaks_the_model_is_the_tests_error(services: AwsJsonServer, reply: dict[str, Any]) -> None:
    services.on("ce", "GetCostAndUsage")(lambda _: reply)
    with pytest.raises(ClientError, match="breaks botocore's model"):
        services.client("ce").get_cost_and_usage(**ASKED)
    assert "breaks botocore's model" in services.errors[0]


def test_boto3_takes_half_an_answer_for_an_empty_one(services: AwsJsonServer) -> None:
    """Why collectors must miss what they need: botocore does not hold a body against its Content-Length."""
    _answer_cost(services, "1")
    services.cut_next()
    assert "ResultsByTime" not in services.client("ce").get_cost_and_usage(**ASKED)
