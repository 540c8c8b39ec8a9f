"""The system tables of a Databricks peer, made anew for each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.billing import DatabricksCollector
from collectors.databricks.client import StatementClient
from tests.peers.proxy import FaultProxy
from tests.peers.warehouses import DatabricksPeer

NOW: Final = datetime(2025, 3, 10, 12, tzinfo=UTC)
ACCOUNT: Final = "acct-1"
SKU: Final = "PREMIUM_JOBS_COMPUTE"
TABLES: Final = {
    "system.billing.usage": "record_id STRING, account_id STRING, workspace_id STRING, sku_name STRING, cloud STRING, "
    "usage_start_time TIMESTAMP, usage_end_time TIMESTAMP, usage_date DATE, custom_tags MAP<STRING,STRING>, "
    "usage_unit STRING, usage_quantity DECIMAL(38,18), usage_metadata STRUCT<cluster_id: STRING, job_id: STRING, "
    "warehouse_id: STRING>, record_type STRING, ingestion_date DATE, billing_origin_product STRING, "
    "product_features STRUCT<is_serverless: BOOLEAN>",
    "system.billing.list_prices": "sku_name STRING, cloud STRING, usage_unit STRING, currency_code STRING, "
    "price_start_time TIMESTAMP, price_end_time TIMESTAMP, "
    "pricing STRUCT<`default`: DECIMAL(38,18), effective_list: STRUCT<`default`: DECIMAL(38,18)>>",
    "system.compute.node_timeline": "account_id STRING, workspace_id STRING, cluster_id STRING, start_time TIMESTAMP, "
    "cpu_user_percent DOUBLE, cpu_system_percent DOUBLE",
    "system.access.workspaces_latest": "account_id STRING, workspace_id STRING, workspace_name STRING, status STRING",
    "system.access.table_lineage": "account_id STRING, workspace_id STRING, entity_type STRING, entity_id STRING, "
    "entity_run_id STRING, source_table_full_name STRING, source_path STRING, target_table_full_name STRING, "
    "target_path STRING, created_by STRING, event_time TIMESTAMP",
}


class SystemTables:
    """The tables with one list price: a DBU of a job on AWS costs 0.40 USD since 2024."""

    def __init__(self, peer: DatabricksPeer) -> None:
        self.peer = peer
        peer.reset()
        for name, columns in TABLES.items():
            peer.execute(f"CREATE TABLE {name} ({columns})")
        self.price(SKU, "0.40")

    def price(
        self,
        sku: str,
        list_price: str,
        effective: str | None = None,
        *,
        starts: str = "2024-01-01",
        ends: str | None = None,
        unit: str = "DBU",
        currency: str = "USD",
        cloud: str = "AWS",
    ) -> None:
        """A list price; ``effective`` is the one after promotions."""
        end = "NULL" if ends is None else f"TIMESTAMP'{ends}'"
        self.peer.execute(
            f"INSERT INTO system.billing.list_prices SELECT '{sku}', '{cloud}', '{unit}', '{currency}', "
            f"TIMESTAMP'{starts}', {end}, named_struct('default', CAST({list_price} AS DECIMAL(38,18)), "
            f"'effective_list', named_struct('default', CAST({effective or list_price} AS DECIMAL(38,18))))"
        )

    def use(self, *records: Mapping[str, object]) -> None:
        """Records of usage: those of ``record`` with their changes."""
        self.peer.execute("INSERT INTO system.billing.usage " + " UNION ALL ".join(_select(each) for each in records))

    def connection(self, url: str | None = None, **changes: Any) -> DatabricksSystemTables:
        """A connection to the workspace, through ``url`` when it is given."""
        settings: dict[str, Any] = {
            "name": "dbx",
            "host": "https://example.cloud.databricks.com",
            "warehouse_id": self.peer.warehouse_id,
            "account_id": ACCOUNT,
            "credentials": "env:TEST_DATABRICKS",
            "endpoints": {"workspace": url or self.peer.host, "account": url or self.peer.host},
        }
        return DatabricksSystemTables(**{**settings, **changes})

    def collector(
        self,
        url: str | None = None,
        *,
        now: datetime = NOW,
        sleep: Callable[[float], None] = lambda _: None,
        **changes: Any,
    ) -> DatabricksCollector:
        """A collector whose clock stands and that does not really wait."""
        connection = self.connection(url, **changes)
        client = StatementClient(connection, environ=self.peer.environ, sleep=sleep)
        return DatabricksCollector(connection=connection, client=client, now=lambda: now)


def cut_off(proxy: FaultProxy, *, times: int = 1_000, record_ids: Sequence[str] = ()) -> None:
    """Answer the next statements with these records alone, marked as truncated."""
    body = {
        "statement_id": "s-1",
        "status": {"state": "SUCCEEDED"},
        "manifest": {
            "schema": {"columns": [{"name": "record_id"}]},
            "total_row_count": len(record_ids),
            "truncated": True,
        },
        "result": {"chunk_index": 0, "data_array": [[each] for each in record_ids]},
    }
    headers = {"Content-Type": "application/json"}
    proxy.fail_next(200, headers, json.dumps(body).encode(), times=times, on="sql/statements")


def record(record_id: str, **changes: object) -> dict[str, object]:
    """An hour of a job's cluster on 2 January 2025: 10.5 DBU."""
    row: dict[str, object] = {
        "record_id": record_id,
        "account_id": ACCOUNT,
        "workspace_id": "42",
        "sku_name": SKU,
        "cloud": "AWS",
        "day": "2025-01-02",
        "tags": {"team": "data"},
        "unit": "DBU",
        "quantity": "10.5",
        "metadata": {"cluster_id": "c-1", "job_id": "7", "warehouse_id": None},
        "record_type": "ORIGINAL",
        "ingested": "2025-01-03",
        "product": "JOBS",
        "serverless": False,
    }
    return {**row, **changes}


def _select(row: Mapping[str, object]) -> str:
    day, metadata = row["day"], row["metadata"]
    assert isinstance(metadata, Mapping)
    struct = ", ".join(f"'{name}', CAST({_text(value)} AS STRING)" for name, value in metadata.items())
    extra = "".join(f", {_text(value)}" for value in _sequence(row.get("extra")))
    return (
        f"SELECT {_text(row['record_id'])}, {_text(row['account_id'])}, {_text(row['workspace_id'])}, "
        f"{_text(row['sku_name'])}, {_text(row['cloud'])}, TIMESTAMP'{day} 03:00:00', TIMESTAMP'{day} 04:00:00', "
        f"DATE'{day}', {_map(row['tags'])}, {_text(row['unit'])}, CAST({row['quantity']} AS DECIMAL(38,18)), "
        f"named_struct({struct}), {_text(row['record_type'])}, DATE'{row['ingested']}', {_text(row['product'])}, "
        f"named_struct('is_serverless', {str(row['serverless']).lower()}){extra}"
    )


def _map(tags: object) -> str:
    assert isinstance(tags, Mapping)
    return f"map({', '.join(_text(part) for pair in tags.items() for part in pair)})"


def _sequence(extra: object) -> Sequence[object]:
    return extra if isinstance(extra, Sequence) else ()


def _text(value: object) -> str:
    return "NULL" if value is None else f"'{value}'"
