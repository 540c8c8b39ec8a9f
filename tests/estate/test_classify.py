"""Meters as the five vendors really write them, and the component each belongs to."""

from __future__ import annotations

import pytest

from collectors.estate import COMPONENTS, ChargeKind, component_of, vendor_of
from collectors.estate.classify import METERS, VENDORS

S3, EC2 = "Amazon Simple Storage Service", "Amazon Elastic Compute Cloud"


def kind(vendor: str, service: str, meter: str, **other: object) -> ChargeKind:
    facts: dict[str, object] = {"charge_category": "Usage", "is_commitment": False, "is_unused": False, **other}
    return ChargeKind(vendor=vendor, service=service, meter=meter, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("vendor", "service", "meter", "component"),
    [
        ("aws", S3, "TimedStorage-ByteHrs", "storage"),
        ("aws", S3, "EUW1-TimedStorage-SIA-ByteHrs", "storage"),
        ("aws", S3, "TimedStorage-GIR-ByteHrs", "storage"),
        ("aws", S3, "APS1-TimedStorage-GlacierByteHrs", "storage"),
        ("aws", S3, "TimedStorage-GDA-ByteHrs", "storage"),
        ("aws", S3, "TimedStorage-INT-FA-ByteHrs", "storage"),
        ("aws", S3, "EarlyDelete-SIA", "storage"),
        ("aws", S3, "USE1-Requests-Tier1", "requests"),
        ("aws", S3, "Requests-GIR-Tier2", "requests"),
        ("aws", S3, "EUC1-Retrieval-SIA", "retrieval"),
        ("aws", S3, "DataTransfer-Out-Bytes", "transfer"),
        ("aws", S3, "USE1-EUW1-AWS-Out-Bytes", "transfer"),
        ("aws", "AWS Data Transfer", "EUW1-DataTransfer-Out-Bytes", "transfer"),
        ("aws", EC2, "DataTransfer-Regional-Bytes", "transfer"),
        ("aws", EC2, "NatGateway-Bytes", "transfer"),
        ("aws", EC2, "BoxUsage:m5.xlarge", "compute"),
        ("aws", EC2, "EUW1-SpotUsage:r6i.4xlarge", "compute"),
        ("aws", EC2, "EBS:VolumeUsage.gp3", "storage"),
        ("aws", EC2, "USE1-EBS:VolumeIOUsage", "requests"),
        ("aws", "AWS Glue", "USE1-ETL-DPU-Hour", "compute"),
        ("aws", "AWS Glue", "Catalog-Request", "requests"),
        ("aws", "Amazon Athena", "USE1-DataScannedInTB", "compute"),
        ("aws", "Amazon CloudWatch", "MetricMonitorUsage", "other"),
        ("azure", "Storage", "Hot LRS Data Stored", "storage"),
        ("azure", "Storage", "Archive LRS Data Stored", "storage"),
        ("azure", "Storage", "Hot Write Operations", "requests"),
        ("azure", "Storage", "Cool Data Retrieval", "retrieval"),
        ("azure", "Storage", "P30 LRS Disk", "storage"),
        ("azure", "Virtual Machines", "D4s v5", "compute"),
        ("azure", "Bandwidth", "Standard Data Transfer Out", "transfer"),
        ("azure", "Bandwidth", "Inter-Region Data Transfer", "transfer"),
        ("azure", "Key Vault", "Operations", "other"),
        ("gcp", "Cloud Storage", "Standard Storage US Regional", "storage"),
        ("gcp", "Cloud Storage", "Regional Standard Class A Operations", "requests"),
        ("gcp", "Cloud Storage", "Nearline Data Retrieval", "retrieval"),
        ("gcp", "Cloud Storage", "Network Inter Region Egress from Belgium to Iowa", "transfer"),
        ("gcp", "Compute Engine", "N2 Instance Core running in Americas", "compute"),
        ("gcp", "Compute Engine", "n2-standard-8", "compute"),
        ("gcp", "Compute Engine", "SSD backed PD Capacity", "storage"),
        ("gcp", "Compute Engine", "Network Internet Egress from Americas to EMEA", "transfer"),
        ("gcp", "Networking", "Network Internet Egress from Zurich", "transfer"),
        ("gcp", "BigQuery", "Analysis (europe-west1)", "compute"),
        ("gcp", "BigQuery", "Active Logical Storage (us)", "storage"),
        ("gcp", "Cloud Logging", "Log Volume", "other"),
        ("snowflake", "Snowflake", "WAREHOUSE_METERING", "compute"),
        ("snowflake", "Snowflake", "compute", "compute"),
        ("snowflake", "Snowflake", "storage", "storage"),
        ("snowflake", "Snowflake", "data transfer", "transfer"),
        ("databricks", "Databricks", "STANDARD_JOBS_COMPUTE", "compute"),
        ("databricks", "Databricks SQL", "PREMIUM_SERVERLESS_SQL_COMPUTE_US_EAST", "compute"),
        ("databricks", "Databricks", "DATABRICKS_STORAGE", "storage"),
        ("databricks", "Databricks", "PREMIUM_INTERNET_EGRESS_EUROPE", "transfer"),
        ("oracle", "Compute", "BoxUsage", "other"),
    ],
)
def test_a_vendor_meter_belongs_to_its_component(vendor: str, service: str, meter: str, component: str) -> None:
    assert component_of(kind(vendor, service, meter)) == component


@pytest.mark.parametrize(
    ("facts", "service", "component"),
    [
        ({"charge_category": "Tax"}, EC2, "tax"),
        ({"charge_category": "Credit"}, EC2, "credit"),
        ({"charge_category": "Adjustment"}, EC2, "credit"),
        ({"charge_category": "Purchase", "is_commitment": True}, EC2, "commitment_purchase"),
        ({"charge_category": "Purchase"}, "Confluent Cloud", "marketplace"),
        ({"is_commitment": True, "is_unused": True}, EC2, "commitment_unused"),
        ({"is_commitment": True}, EC2, "compute"),
        ({}, "AWS Support (Business)", "support"),
        ({}, "AWS Marketplace", "marketplace"),
    ],
)
def test_what_a_charge_is_for_comes_before_what_it_meters(
    facts: dict[str, object], service: str, component: str
) -> None:
    assert component_of(kind("aws", service, "BoxUsage:m5.xlarge", **facts)) == component


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("AWS", "aws"),
        ("Amazon Web Services, Inc.", "aws"),
        ("Microsoft", "azure"),
        ("Microsoft Azure", "azure"),
        ("Google Cloud", "gcp"),
        ("Snowflake Inc.", "snowflake"),
        ("Databricks", "databricks"),
        (" Oracle ", "oracle"),
    ],
)
def test_vendors_are_known_by_the_names_they_sign_bills_with(name: str, vendor: str) -> None:
    assert vendor_of(name) == vendor


def test_the_table_names_only_known_vendors_and_components() -> None:
    vendors = {vendor for _, vendor in VENDORS}
    assert {row[0] for row in METERS} == vendors
    assert {row[3] for row in METERS} <= set(COMPONENTS)
