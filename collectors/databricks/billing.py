"""Bills of an account: a month of ``system.billing.usage``, priced, as one Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pyarrow.parquet as pq

from collectors.collector import CollectWindow, Delivery, GrantCheck, IndependentTotal
from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.access import access_readings
from collectors.databricks.client import StatementClient
from collectors.databricks.credentials import VENDOR
from collectors.databricks.discover import (
    USAGE,
    MonthOfUsage,
    count_records,
    find_deliveries,
    mark_of,
)
from collectors.databricks.grants import check_tables
from collectors.databricks.prices import price_readings
from collectors.databricks.to_focus import DATABRICKS_USAGE
from collectors.databricks.totals import usage_log_totals
from collectors.databricks.usage import usage_readings
from collectors.databricks.usage_records import native_table, read_records
from collectors.errors import TornDelivery
from collectors.focus.dialect import Dialect
from collectors.readings import Reading, SignalReading


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabricksCollector:
    """A ``collectors.collector.Collector`` of one account. ``now`` tells the time, aware."""

    connection: DatabricksSystemTables
    client: StatementClient
    now: Callable[[], datetime] = _now

    @property
    def dialect(self) -> Dialect:
        """How priced records of usage become FOCUS."""
        return DATABRICKS_USAGE

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery]:
        """The months of the window that have records; see ``collectors.databricks.discover``."""
        return find_deliveries(self.client, self.connection, window, known, now=self.now())

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """The month's records, priced, as one Parquet file in the order of their ids.

        Raises:
            TornDelivery: records came in, for the ingestion dates that were counted, while it was read.
        """
        month: MonthOfUsage = delivery.native
        table = native_table(
            read_records(self.client, self.connection, delivery.period, month.until), self.connection, month.prices
        )
        first_on = month.counts[0][0]
        counted = count_records(
            self.client, self.connection, {delivery.period: first_on}, until={delivery.period: month.until}
        )
        if table.num_rows != delivery.row_count or counted.get(delivery.period) != month.counts:
            raise TornDelivery(
                f"Databricks added to {delivery.period} in {USAGE} while it was read; nothing of it was stored; try "
                "again",
                vendor=VENDOR,
                location=USAGE,
            )
        path = folder / f"usage-{delivery.period}.parquet"
        pq.write_table(table, path)
        return (path,)

    def mark(self, delivery: Delivery) -> str:
        """The counts by ingestion date, so that next time only late and newer records are counted."""
        return mark_of(delivery, now=self.now())

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """The account's usage log, priced; see ``collectors.databricks.totals``."""
        return usage_log_totals(self.client, self.connection, periods, now=self.now())

    def readings(
        self, purpose: Literal["usage", "prices", "access"], window: CollectWindow
    ) -> Iterator[Reading | SignalReading]:
        """Load of clusters and the workspaces, list prices, or lineage."""
        if purpose == "prices":
            return price_readings(self.client, self.connection.currency)
        if purpose == "usage":
            return usage_readings(self.client, self.connection, window, now=self.now())
        return access_readings(self.client, self.connection, window, now=self.now())

    def check_grants(self) -> tuple[GrantCheck, ...]:
        """Asks every table for no row."""
        return check_tables(self.client, with_total=self.connection.account_host is not None, now=self.now())

    def close(self) -> None:
        """Forget the client."""
        self.client.close()
