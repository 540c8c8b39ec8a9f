"""What is committed and what is stored: commitments, Storage Insights inventories, and BigQuery's storage.

Sources: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/cud-export,
https://cloud.google.com/storage/docs/insights/inventory-reports and
https://cloud.google.com/bigquery/docs/information-schema-table-storage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from collectors.connections.gcp import GcpBilling
from collectors.gcp.client import GcpClients, gcp_faults
from collectors.gcp.discover import check_columns
from collectors.gcp.inventories import read_inventories
from collectors.gcp.relations import READ_PERMISSION, Relation, describe, read_clock, relation_sql, run_query
from collectors.readings import COMMITMENT_STATE, Reading, SignalReading
from collectors.signals.state.bigquery_storage import read_bigquery_storage

STORAGE_PERMISSION: Final = "bigquery.tables.list and bigquery.tables.get"
_SNAPSHOTS: Final = timedelta(days=14)
# The vendor's documentation spells the amount without an m; a table with either spelling is read.
_AMOUNTS: Final = ("commitment_amount", "commitent_amount")
_COMMITMENT_COLUMNS: Final = ("subscription.instance_id", "cud_product.display_name", "start_time", "end_time", "state")
_STORAGE_COLUMNS: Final = (
    "project_id",
    "table_schema",
    "table_name",
    "deleted",
    "active_logical_bytes",
    "long_term_logical_bytes",
    "storage_last_modified_time",
)


def read_usage(clients: GcpClients, connection: GcpBilling) -> Iterator[Reading | SignalReading]:
    """Every table that the connection names a source for.

    Raises:
        QueryRefused, NotFoundAtProvider, AccessDenied, ProviderUnavailable, CredentialsMissing: see ``run_query``.
        InvalidManifest, TornDelivery: see ``read_inventories``.
    """
    if connection.commitments_table is not None:
        yield _commitments(clients, connection.commitments_table)
    if connection.storage_relation is not None:
        yield _bigquery_storage(clients, connection.storage_relation)
    yield from read_inventories(clients, connection)


def _commitments(clients: GcpClients, table_id: str) -> Reading:
    """Spend-based commitments as they stand in the newest of the daily snapshots.

    ``$/hr`` amounts are US dollars an hour; an amount in any other unit is a quantity.
    """
    relation = describe(clients, table_id)
    check_columns(relation, _COMMITMENT_COLUMNS)
    rows = run_query(
        clients,
        _commitments_sql(relation),
        reads=table_id,
        parameters={"since": read_clock(clients) - _SNAPSHOTS},
    )
    with gcp_faults(f"table {table_id}", permission=READ_PERMISSION):
        snapshots = [dict(row.items()) for row in rows]
    newest = max((row["snapshot_at"] for row in snapshots), default=None)
    by_id = {row["commitment_id"]: _commitment(row) for row in snapshots if row["snapshot_at"] == newest}
    table = pa.Table.from_pylist([by_id[key] for key in sorted(by_id)], schema=COMMITMENT_STATE)
    return Reading(table="commitment_state", unit="current", rows=table)


def _commitments_sql(relation: Relation) -> str:
    amount = next((name for name in _AMOUNTS if relation.column(f"{name}.value") is not None), None)
    value, unit = (f"CAST({amount}.value AS STRING)", f"{amount}.unit") if amount else ("NULL", "NULL")
    kind = "cud_product.type" if relation.column("cud_product.type") is not None else "'Spend-Based'"
    region = "region" if relation.column("region") is not None else "NULL"
    snapshot_at = f"TIMESTAMP_TRUNC({relation.partition}, DAY)" if relation.partition else "NULL"
    return (
        f"SELECT {snapshot_at} AS snapshot_at, subscription.instance_id AS commitment_id, {kind} AS kind, "
        f"cud_product.display_name AS service, {region} AS region, state, start_time, end_time, "
        f"{value} AS amount, {unit} AS unit FROM `{relation.table_id}` WHERE {relation.within_partitions('since')}"
    )


def _commitment(row: Mapping[str, Any]) -> dict[str, Any]:
    amount = None if row["amount"] is None else Decimal(row["amount"])
    is_hourly = str(row["unit"]).lower() in ("$/hr", "usd/hr", "$/h", "usd/h")
    return {
        "provider": "gcp",
        "commitment_id": row["commitment_id"],
        "kind": str(row["kind"]).lower().replace("-", "_"),
        "service": row["service"],
        "region": row["region"] or None,
        "state": str(row["state"]).lower(),
        "starts_at": row["start_time"],
        "ends_at": row["end_time"],
        "currency": "USD" if is_hourly else None,
        "hourly_commitment": amount if is_hourly else None,
        "upfront_payment": None,
        "quantity": None if is_hourly else amount,
        "instance_type": None,
    }


def _bigquery_storage(clients: GcpClients, relation: str) -> SignalReading:
    """Bytes of every table by class as they are now, by logical billing, which is what a dataset has by default."""
    today = read_clock(clients).date()
    rows = run_query(clients, f"SELECT {', '.join(_STORAGE_COLUMNS)} FROM {relation_sql(relation)}", reads=relation)
    with gcp_faults(f"table {relation}", permission=STORAGE_PERMISSION):
        region = str(rows.location or "").lower()
        reading = read_bigquery_storage((dict(row.items()) for row in rows), day_on=today, region=region)
    facts = repr(
        (relation, today, sorted((each.dataset_uri, each.storage_class, each.stored_bytes) for each in reading.states))
    )
    return SignalReading(
        kind="bigquery_storage", reading=reading, fingerprint=hashlib.sha256(facts.encode()).hexdigest()
    )
