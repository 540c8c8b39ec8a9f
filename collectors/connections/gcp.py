"""Connections to Google Cloud: billing exports in BigQuery or Cloud Storage, and what may be read besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from collectors.connections.base import Connection

_ENDPOINTS = ("bigquery", "storage", "catalog", "token")
_BILLING_ACCOUNT = (r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}", "a billing account such as 0A1B2C-3D4E5F-678901")
_PROJECT = (r"([a-z][a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]", "the id of a Google Cloud project")
_WORD = r"[A-Za-z0-9_]{1,1024}"
_HYPHENED = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"  # never two hyphens in a row, which begin a comment in SQL
_IN_PROJECT = rf"(?:(?:{_HYPHENED}(?:\.{_HYPHENED})*:)?{_HYPHENED}\.)?"
_TABLE = (rf"{_IN_PROJECT}{_WORD}\.{_WORD}", "a table such as project.dataset.table")
_RELATION = (
    rf"{_TABLE[0]}|{_IN_PROJECT}(?:region-{_HYPHENED}|{_WORD})\.INFORMATION_SCHEMA\.{_WORD}",
    "a table such as project.dataset.table, or a view such as project.region-us.INFORMATION_SCHEMA.JOBS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpBilling(Connection):
    """What all billing connections of Google Cloud have.

    Attributes:
        project: project that pays for the queries.
        billing_account: whose bills these are.
        commitments_table, jobs_relation, storage_relation: further relations to read, ``project.dataset.table``; the
            last two also a view such as ``project.region-us.INFORMATION_SCHEMA.JOBS``.
        totals_table: another export of the same account, for instance the standard one, whose monthly sums every bill
            is compared with. It shows what was lost or doubled on the way here, not what Google itself got wrong.
        invoices: path of a CSV file in which invoices are noted down (``invoice_month,currency,amount,final``), which
            is independent of every export; see ``collectors.gcp.totals``. It goes before ``totals_table``.
        storage_inventories: ``gs://bucket/prefix`` of Storage Insights inventory reports.
        price_services: names or ids of services of the SKU catalogue whose prices are read.
        most_bytes_billed: a query that would scan more than this is not run.
    """

    PROVIDER: ClassVar[str] = "gcp"
    ENDPOINTS: ClassVar[tuple[str, ...]] = _ENDPOINTS
    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "project": _PROJECT,
        "billing_account": _BILLING_ACCOUNT,
        "commitments_table": _TABLE,
        "jobs_relation": _RELATION,
        "storage_relation": _RELATION,
        "totals_table": _TABLE,
    }

    project: str
    billing_account: str
    commitments_table: str | None = None
    jobs_relation: str | None = None
    storage_relation: str | None = None
    totals_table: str | None = None
    invoices: str | None = None
    storage_inventories: tuple[str, ...] = ()
    price_services: tuple[str, ...] = ()
    most_bytes_billed: int = 200_000_000_000

    def __post_init__(self) -> None:
        for uri in self.storage_inventories:
            if re.fullmatch(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/.*)?", uri) is None:
                raise ValueError(f"storage_inventories names {uri!r}; expected addresses such as gs://bucket/prefix")
        Connection.__post_init__(self)

    def default_source(self) -> str:
        """``gcp:<billing account>``."""
        return f"gcp:{self.billing_account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpBillingTable(GcpBilling):
    """An export in BigQuery: ``<dataset_project or project>.<dataset>.<table>``."""

    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {
        **GcpBilling.PATTERNS,
        "dataset": (r"[A-Za-z0-9_]{1,1024}", "the name of a dataset"),
        "table": (r"[A-Za-z0-9_-]{1,1024}", "the name of a table"),
        "dataset_project": _PROJECT,
    }

    dataset: str
    table: str
    dataset_project: str | None = None

    @property
    def table_id(self) -> str:
        """The table's full name."""
        return f"{self.dataset_project or self.project}.{self.dataset}.{self.table}"

    @property
    def origin(self) -> str:
        """The table."""
        return f"bigquery:{self.table_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpFocusTable(GcpBillingTable):
    """The FOCUS export (preview) of a billing account."""

    KIND: ClassVar[str] = "focus_table"
    MEANING: ClassVar[str] = "the FOCUS billing export of Google Cloud in BigQuery"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpDetailedTable(GcpBillingTable):
    """The detailed usage cost export of a billing account."""

    KIND: ClassVar[str] = "detailed_table"
    MEANING: ClassVar[str] = "the detailed billing export of Google Cloud in BigQuery"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpBillingFiles(GcpBilling):
    """The detailed or the FOCUS table, exported to Parquet in Cloud Storage by a scheduled query.

    The files of a month lie under ``gs://<bucket>/<prefix>/<YYYY-MM>/<run>/`` with a ``manifest.json`` written last
    (its format: ``collectors.gcp.manifests``). ``format`` is ``detailed`` or ``focus``, as the table is.
    """

    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {
        **GcpBilling.PATTERNS,
        "bucket": (r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", "the name of a bucket"),
    }

    KIND: ClassVar[str] = "billing_files"
    MEANING: ClassVar[str] = "a billing export of Google Cloud as Parquet files in Cloud Storage"

    bucket: str
    prefix: str = ""
    format: str = "detailed"

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefix", self.prefix.strip("/"))
        if self.format not in ("detailed", "focus"):
            raise ValueError(f'format = {self.format!r} is neither "detailed" nor "focus"')
        GcpBilling.__post_init__(self)

    @property
    def origin(self) -> str:
        """The folder in Cloud Storage."""
        return f"gs://{self.bucket}/{self.prefix}/" if self.prefix else f"gs://{self.bucket}/"
