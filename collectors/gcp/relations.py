"""Tables and views in BigQuery: what columns they have, how they are partitioned, and queries within a budget.

Every query names its columns, filters the partitions that it needs, and carries ``maximum_bytes_billed``.
Source: https://cloud.google.com/bigquery/docs/best-practices-costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from google.cloud import bigquery

from collectors.gcp.client import READ_TIMEOUT_SECONDS, GcpClients, gcp_faults
from collectors.store.schema import DECIMAL_PLACES

ROWS_PER_PAGE: Final = 10_000
QUERY_TIMEOUT_SECONDS: Final = 1800.0
READ_PERMISSION: Final = "bigquery.tables.getData"
RUN_PERMISSION: Final = "bigquery.jobs.create"
_FLOATS: Final = ("FLOAT", "FLOAT64")
_WIDE: Final = ("BIGNUMERIC", "BIGDECIMAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or view as it stands.

    Attributes:
        table_id: ``project.dataset.table``.
        columns: its columns in their order.
        partition: what it is partitioned by, as SQL of type TIMESTAMP; None when it is not.
        created_at: when it was made; a table that was made anew has another history.
    """

    table_id: str
    columns: tuple[bigquery.SchemaField, ...]
    partition: str | None
    created_at: datetime | None

    def column(self, path: str) -> bigquery.SchemaField | None:
        """The column, or with dots the column inside a structure, whatever its letter case."""
        found: bigquery.SchemaField | None = None
        fields: Sequence[bigquery.SchemaField] = self.columns
        for name in path.split("."):
            found = next((each for each in fields if each.name.casefold() == name.casefold()), None)
            if found is None:
                return None
            fields = found.fields
        return found

    def within_partitions(self, since: str) -> str:
        """SQL that is true for rows of partitions from parameter ``since`` on; true where there are no partitions."""
        return "TRUE" if self.partition is None else f"{self.partition} >= @{since}"


def describe(clients: GcpClients, table_id: str) -> Relation:
    """Look up a table.

    Raises:
        NotFoundAtProvider, AccessDenied, ProviderUnavailable, CredentialsMissing: see ``gcp_faults``.
    """
    with gcp_faults(f"table {table_id}", permission="bigquery.tables.get"):
        table = clients.bigquery.get_table(table_id, retry=clients.patience, timeout=READ_TIMEOUT_SECONDS)
    partitioning = table.time_partitioning
    return Relation(
        table_id=table_id,
        columns=tuple(table.schema),
        partition=None if partitioning is None else _partition_of(table, partitioning.field),
        created_at=table.created,
    )


def run_query(
    clients: GcpClients,
    sql: str,
    *,
    reads: str,
    parameters: Mapping[str, str | datetime | list[str]] | None = None,
) -> Any:
    """Run a query within the connection's budget and return its row iterator, a page at a time.

    Further pages are fetched while iterating, so that belongs inside ``gcp_faults`` as well.

    Raises:
        QueryRefused: it would scan more than the connection allows, or is not valid.
        NotFoundAtProvider, AccessDenied, ProviderUnavailable, CredentialsMissing: see ``gcp_faults``.
    """
    config = bigquery.QueryJobConfig(
        maximum_bytes_billed=clients.connection.most_bytes_billed,
        use_query_cache=False,
        query_parameters=[_parameter(name, value) for name, value in (parameters or {}).items()],
    )
    with gcp_faults(f"table {reads}", permission=f"{READ_PERMISSION} (and {RUN_PERMISSION} on the project)"):
        job = clients.bigquery.query(
            sql,
            job_config=config,
            retry=clients.patience,
            job_retry=None,
            timeout=READ_TIMEOUT_SECONDS,
            api_method="QUERY",
        )
        return job.result(
            page_size=ROWS_PER_PAGE, retry=clients.patience, job_retry=None, timeout=QUERY_TIMEOUT_SECONDS
        )


def money(expression: str, field: bigquery.SchemaField) -> str:
    """SQL of the amount as an exact decimal: NUMERIC as it is, everything else as BIGNUMERIC of the stored places.

    Exports hold costs as FLOAT64. What is billed is the decimal number that a cell shows, so its text is read; a direct
    cast would take the binary number behind it. NUMERIC would keep nine places, fewer than the store does.
    Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_functions#parse_bignumeric.
    """
    if field.field_type in _FLOATS:
        return f"ROUND(PARSE_BIGNUMERIC(CAST({expression} AS STRING)), {DECIMAL_PLACES})"
    if field.field_type in _WIDE:
        return f"ROUND({expression}, {DECIMAL_PLACES})"
    return expression


def quoted(name: str) -> str:
    """A name in backquotes."""
    return "`" + name.replace("`", "") + "`"


def _partition_of(table: bigquery.Table, field: str | None) -> str:
    if field is None:
        return "_PARTITIONTIME"
    kind = next((each.field_type for each in table.schema if each.name == field), "TIMESTAMP")
    return quoted(field) if kind == "TIMESTAMP" else f"TIMESTAMP({quoted(field)})"


def _parameter(
    name: str, value: str | datetime | list[str]
) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    if isinstance(value, list):
        return bigquery.ArrayQueryParameter(name, "STRING", value)
    if isinstance(value, datetime):
        return bigquery.ScalarQueryParameter(name, "TIMESTAMP", value.astimezone(UTC))
    return bigquery.ScalarQueryParameter(name, "STRING", value)


def read_clock(clients: GcpClients) -> datetime:
    """The vendor's own present moment, so that a clock that is wrong here does no harm."""
    rows = run_query(clients, "SELECT CURRENT_TIMESTAMP() AS now", reads="of the clock")
    with gcp_faults("the clock", permission=RUN_PERMISSION):
        now: datetime = next(iter(rows)).now
    return now.astimezone(UTC)


def relation_sql(name: str) -> str:
    """A relation's name as SQL, every part that the connection names in backquotes.

    >>> relation_sql("shop.region-us.INFORMATION_SCHEMA.JOBS")
    '`shop`.`region-us`.INFORMATION_SCHEMA.`JOBS`'
    """
    head, marker, view = name.partition("INFORMATION_SCHEMA.")
    if not marker:
        return quoted(name)
    # A project may have dots of its own (example.com:shop), a region or dataset has none.
    parts = [quoted(part) for part in head.rstrip(".").rpartition(".")[::2] if part]
    return ".".join([*parts, "INFORMATION_SCHEMA", quoted(view)])
