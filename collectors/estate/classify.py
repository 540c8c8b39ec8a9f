"""What kind of cost a line of a bill is, told from who sells it, the service and the meter.

The table ``METERS`` is read from top to bottom; the first row whose patterns are found decides. A meter that no row
knows is ``other``: its cost is shown, never guessed.

Sources of the names: the vendors' own usage-type and meter lists as they stand in their cost exports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

PLACEABLE: Final = ("compute", "storage", "requests", "retrieval")
"""Components that belong to a workload or dataset and move with it."""

COMPONENTS: Final = (
    *PLACEABLE,
    "transfer",
    "commitment_unused",
    "commitment_purchase",
    "tax",
    "credit",
    "support",
    "marketplace",
    "other",
)

VENDORS: Final[tuple[tuple[str, str], ...]] = (
    (r"amazon|\baws\b", "aws"),
    (r"microsoft|azure", "azure"),
    (r"google|\bgcp\b", "gcp"),
    (r"snowflake", "snowflake"),
    (r"databricks", "databricks"),
)
"""Pattern in ServiceProviderName or HostProviderName -> short name of the vendor."""

METERS: Final[tuple[tuple[str, str, str, str], ...]] = (
    # vendor, service pattern, meter pattern, component
    ("aws", r"", r"(DataTransfer|AWS)-(In|Out|Regional|xAZ)\b|(In|Out)-[AO]?Bytes$|NatGateway-Bytes", "transfer"),
    ("aws", r"", r"data transfer(red)? (in|out|from|to)", "transfer"),
    ("aws", r"Simple Storage|\bS3\b|Glacier", r"Retrieval|Select-(Returned|Scanned)", "retrieval"),
    ("aws", r"Simple Storage|\bS3\b|Glacier", r"Requests-", "requests"),
    (
        "aws",
        r"Simple Storage|\bS3\b|Glacier",
        r"TimedStorage|EarlyDelete|ObjectCount|Monitoring|TagSt",
        "storage",
    ),
    ("aws", r"Elastic Compute|\bEC2\b", r"EBS:VolumeIOUsage|EBS:directAPI", "requests"),
    ("aws", r"Elastic (Compute|Block)|\bE[CB][2S]\b", r"EBS:", "storage"),
    ("aws", r"Elastic Compute|\bEC2\b", r"(Box|Spot|Dedicated|Host|Heavy)Usage|UnusedBox|CPUCredits", "compute"),
    ("aws", r"Glue", r"Catalog-Request", "requests"),
    ("aws", r"Glue", r"Catalog-Storage", "storage"),
    ("aws", r"Glue", r"DPU", "compute"),
    ("aws", r"Athena", r"DataScanned|DPU|ManagedCapacity", "compute"),
    ("aws", r"Redshift", r"RMS|Snapshot|Storage", "storage"),
    ("aws", r"Redshift", r"Node:|RPU|DataScanned|ServerlessUsage", "compute"),
    ("aws", r"MapReduce|\bEMR\b|Streaming for Apache Kafka|\bMSK\b", r"Storage", "storage"),
    ("aws", r"MapReduce|\bEMR\b|Streaming for Apache Kafka|\bMSK\b", r"Usage|Kafka\.|vCPU|Hour", "compute"),
    ("azure", r"Bandwidth|Content Delivery", r"", "transfer"),
    ("azure", r"", r"Data Transfer|Geo-Replication", "transfer"),
    ("azure", r"Storage|Data Lake", r"Retrieval", "retrieval"),
    ("azure", r"Storage|Data Lake", r"Operations|Transactions|Data Write", "requests"),
    ("azure", r"Storage|Data Lake", r"Data Stored|Disks?\b|Snapshots?|Early Delete|Index|Metadata|Capacity", "storage"),
    ("azure", r"Virtual Machines?|Cloud Services", r"", "compute"),
    ("azure", r"Databricks", r"DBU|Compute", "compute"),
    ("azure", r"Synapse|Data Factory|HDInsight", r"Data Stored|Storage|Disk", "storage"),
    ("azure", r"Synapse|Data Factory|HDInsight", r"Data Processed|DWU|vCore|Compute|Hour", "compute"),
    ("gcp", r"", r"Egress|Ingress|Data Transfer|Download .*Destinations|Network Intelligence", "transfer"),
    ("gcp", r"Cloud Storage", r"Retrieval", "retrieval"),
    ("gcp", r"Cloud Storage", r"Operations|Class [AB]\b", "requests"),
    ("gcp", r"Cloud Storage", r"Storage|Early Delete|Autoclass", "storage"),
    ("gcp", r"Compute Engine", r"PD Capacity|Persistent Disk|Hyperdisk|Snapshot|Image|Local Storage", "storage"),
    ("gcp", r"Compute Engine", r"Instance|\bCore\b|\bRam\b|running in|vCPU|^[a-z]\d[a-z]{0,2}-", "compute"),
    ("gcp", r"BigQuery", r"Storage (Read|Write) API|Streaming", "retrieval"),
    ("gcp", r"BigQuery", r"Storage", "storage"),
    ("gcp", r"BigQuery", r"Analysis|Slot|Edition|Query|Reservation", "compute"),
    ("gcp", r"Dataproc|Dataflow", r"Disk|Storage|Shuffle", "storage"),
    ("gcp", r"Dataproc|Dataflow", r"", "compute"),
    ("snowflake", r"", r"transfer", "transfer"),
    ("snowflake", r"", r"storage|hybrid.table|fail.?safe", "storage"),
    (
        "snowflake",
        r"",
        r"compute|warehouse|cloud.services|serverless|pipe|cluster|materiali|search|task",
        "compute",
    ),
    ("databricks", r"", r"EGRESS|NETWORK|CONNECTIVITY|DATA_TRANSFER", "transfer"),
    ("databricks", r"", r"STORAGE|\bDSU\b", "storage"),
    ("databricks", r"", r"COMPUTE|DBU|SQL|SERVERLESS|DLT|MODEL|LAKEFLOW|INFERENCE", "compute"),
)

_SUPPORT: Final = re.compile(r"\bsupport\b", re.IGNORECASE)
_MARKETPLACE: Final = re.compile(r"marketplace", re.IGNORECASE)
_VENDORS: Final = tuple((re.compile(pattern, re.IGNORECASE), vendor) for pattern, vendor in VENDORS)
_METERS: Final = tuple(
    (vendor, re.compile(service, re.IGNORECASE), re.compile(meter, re.IGNORECASE), component)
    for vendor, service, meter, component in METERS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeKind:
    """What classification looks at. ``meter`` is SkuMeter where there is one, else ChargeDescription, else SkuId."""

    vendor: str
    service: str
    meter: str
    charge_category: str
    is_commitment: bool
    is_unused: bool


@lru_cache(maxsize=4096)
def vendor_of(provider_name: str) -> str:
    """Short name of a vendor; the name itself in lower case when it is none of the known five.

    >>> vendor_of("Amazon Web Services"), vendor_of("Oracle")
    ('aws', 'oracle')
    """
    for pattern, vendor in _VENDORS:
        if pattern.search(provider_name):
            return vendor
    return provider_name.strip().lower()


def component_of(kind: ChargeKind) -> str:
    """One of ``COMPONENTS``. What a charge is for comes before what it meters: tax on a machine is tax."""
    if kind.is_commitment and kind.charge_category == "Purchase":
        return "commitment_purchase"
    if kind.charge_category == "Tax":
        return "tax"
    if kind.charge_category in ("Credit", "Adjustment"):
        return "credit"
    if kind.is_unused:
        return "commitment_unused"
    if _SUPPORT.search(kind.service):
        return "support"
    if kind.charge_category == "Purchase" or _MARKETPLACE.search(kind.service):
        return "marketplace"
    return _metered_component(kind)


def _metered_component(kind: ChargeKind) -> str:
    for vendor, service, meter, component in _METERS:
        if vendor == kind.vendor and service.search(kind.service) and meter.search(kind.meter):
            return component
    return "other"
