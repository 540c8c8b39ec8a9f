"""Which FOCUS category a service of Google Cloud belongs to; the exports do not say.

The names are meant to be those that ``service.description`` shows; the sorting is ours. A service that is not listed
becomes ``Other``, which FOCUS allows.
"""

from __future__ import annotations

from typing import Final

from collectors.store.sql import literal

SERVICES: Final[dict[str, tuple[str, str]]] = {
    "AlloyDB": ("Databases", "Relational Databases"),
    "App Engine": ("Compute", "Serverless Compute"),
    "Artifact Registry": ("Developer Tools", "Developer Platforms"),
    "Backup and DR Service": ("Storage", "Backup Storage"),
    "BigQuery": ("Databases", "Data Warehouses"),
    "BigQuery BI Engine": ("Analytics", "Business Intelligence"),
    "BigQuery Data Transfer Service": ("Migration", "Data Migration"),
    "BigQuery Reservation API": ("Databases", "Data Warehouses"),
    "BigQuery Storage API": ("Databases", "Data Warehouses"),
    "Certificate Authority Service": ("Security", "Other (Security)"),
    "Cloud Bigtable": ("Databases", "NoSQL Databases"),
    "Cloud Build": ("Developer Tools", "Continuous Integration and Deployment"),
    "Cloud Composer": ("Integration", "Workflow Orchestration"),
    "Cloud DNS": ("Networking", "Application Networking"),
    "Cloud Data Fusion": ("Analytics", "Data Processing"),
    "Cloud Dataflow": ("Analytics", "Data Processing"),
    "Cloud Dataproc": ("Analytics", "Data Processing"),
    "Cloud Filestore": ("Storage", "File Storage"),
    "Cloud Functions": ("Compute", "Serverless Compute"),
    "Cloud Key Management Service (KMS)": ("Security", "Secret Management"),
    "Cloud Logging": ("Management and Governance", "Observability"),
    "Cloud Memorystore for Redis": ("Databases", "Caching"),
    "Cloud Monitoring": ("Management and Governance", "Observability"),
    "Cloud Pub/Sub": ("Integration", "Messaging"),
    "Cloud Run": ("Compute", "Serverless Compute"),
    "Cloud Run Functions": ("Compute", "Serverless Compute"),
    "Cloud SQL": ("Databases", "Relational Databases"),
    "Cloud Scheduler": ("Integration", "Workflow Orchestration"),
    "Cloud Spanner": ("Databases", "Relational Databases"),
    "Cloud Storage": ("Storage", "Object Storage"),
    "Cloud Tasks": ("Integration", "Messaging"),
    "Compute Engine": ("Compute", "Virtual Machines"),
    "Dataplex": ("Management and Governance", "Data Governance"),
    "Dataproc Serverless": ("Analytics", "Data Processing"),
    "Datastream": ("Migration", "Data Migration"),
    "Kubernetes Engine": ("Compute", "Containers"),
    "Looker": ("Analytics", "Business Intelligence"),
    "Networking": ("Networking", "Network Connectivity"),
    "Secret Manager": ("Security", "Secret Management"),
    "Storage Transfer Service": ("Migration", "Data Migration"),
    "Support": ("Management and Governance", "Support"),
    "VMware Engine": ("Compute", "Virtual Machines"),
    "Vertex AI": ("AI and Machine Learning", "AI Platforms"),
    "Workflows": ("Integration", "Workflow Orchestration"),
}
"""Service as the bill names it -> category and subcategory."""

OTHER: Final = ("Other", "Other (Other)")


def category_sql(service: str) -> str:
    """SQL of ``category|subcategory`` of a SQL expression that names a service."""
    known = " ".join(f"WHEN {literal(name)} THEN {literal('|'.join(found))}" for name, found in SERVICES.items())
    return f"CASE {service} {known} ELSE {literal('|'.join(OTHER))} END"


def category_columns(pair: str) -> dict[str, str]:
    """SQL of the two FOCUS columns from what ``category_sql`` found."""
    return {
        "ServiceCategory": f"split_part({pair}, '|', 1)",
        "ServiceSubcategory": f"split_part({pair}, '|', 2)",
    }
