"""The usage views as tables of a Snowflake peer, one database each test."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

import snowflake.connector

from collectors.connections.snowflake import SnowflakeUsage
from collectors.snowflake.billing import SnowflakeCollector
from collectors.snowflake.client import SnowflakeSession
from tests.peers.warehouses import SnowflakePeer

NOW: Final = datetime(2025, 3, 10, 12, tzinfo=UTC)
ORGANIZATION: Final = "ACME"
TABLES: Final = {
    "ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY": "ORGANIZATION_NAME VARCHAR, CONTRACT_NUMBER VARCHAR, "
    "ACCOUNT_NAME VARCHAR, ACCOUNT_LOCATOR VARCHAR, REGION VARCHAR, SERVICE_LEVEL VARCHAR, USAGE_DATE DATE, "
    "USAGE_TYPE VARCHAR, USAGE NUMBER(38,9), CURRENCY VARCHAR, USAGE_IN_CURRENCY NUMBER(38,9), BALANCE_SOURCE VARCHAR, "
    "BILLING_TYPE VARCHAR, RATING_TYPE VARCHAR, SERVICE_TYPE VARCHAR, IS_ADJUSTMENT BOOLEAN",
    "ORGANIZATION_USAGE.REMAINING_BALANCE_DAILY": 'ORGANIZATION_NAME VARCHAR, CONTRACT_NUMBER VARCHAR, "DATE" DATE, '
    "CURRENCY VARCHAR, FREE_USAGE_BALANCE NUMBER(38,9), CAPACITY_BALANCE NUMBER(38,9), "
    "ON_DEMAND_CONSUMPTION_BALANCE NUMBER(38,9), ROLLOVER_BALANCE NUMBER(38,9), "
    "MARKETPLACE_CAPACITY_DRAWDOWN_BALANCE NUMBER(38,9)",
    "ORGANIZATION_USAGE.CONTRACT_ITEMS": "ORGANIZATION_NAME VARCHAR, CONTRACT_NUMBER VARCHAR, START_DATE DATE, "
    "END_DATE DATE, EXPIRATION_DATE DATE, CONTRACT_ITEM VARCHAR, CURRENCY VARCHAR, AMOUNT NUMBER(38,9)",
    "ORGANIZATION_USAGE.RATE_SHEET_DAILY": '"DATE" DATE, ORGANIZATION_NAME VARCHAR, CONTRACT_NUMBER VARCHAR, '
    "ACCOUNT_NAME VARCHAR, ACCOUNT_LOCATOR VARCHAR, REGION VARCHAR, SERVICE_LEVEL VARCHAR, USAGE_TYPE VARCHAR, "
    "CURRENCY VARCHAR, EFFECTIVE_RATE NUMBER(38,2), SERVICE_TYPE VARCHAR, RATING_TYPE VARCHAR, BILLING_TYPE VARCHAR, "
    "IS_ADJUSTMENT BOOLEAN",
    "ORGANIZATION_USAGE.WAREHOUSE_METERING_HISTORY": "ORGANIZATION_NAME VARCHAR, ACCOUNT_NAME VARCHAR, "
    "START_TIME TIMESTAMP_LTZ, END_TIME TIMESTAMP_LTZ, WAREHOUSE_NAME VARCHAR, CREDITS_USED NUMBER(38,9), "
    "CREDITS_USED_COMPUTE NUMBER(38,9), CREDITS_USED_CLOUD_SERVICES NUMBER(38,9)",
    "ORGANIZATION_USAGE.DATABASE_STORAGE_USAGE_HISTORY": "ORGANIZATION_NAME VARCHAR, ACCOUNT_NAME VARCHAR, "
    "USAGE_DATE DATE, DATABASE_NAME VARCHAR, AVERAGE_DATABASE_BYTES FLOAT, AVERAGE_FAILSAFE_BYTES FLOAT",
    "ORGANIZATION_USAGE.STAGE_STORAGE_USAGE_HISTORY": "ORGANIZATION_NAME VARCHAR, ACCOUNT_NAME VARCHAR, "
    "USAGE_DATE DATE, AVERAGE_STAGE_BYTES FLOAT",
    "ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY": "START_TIME TIMESTAMP_LTZ, END_TIME TIMESTAMP_LTZ, "
    "WAREHOUSE_NAME VARCHAR, CREDITS_USED_COMPUTE NUMBER(38,9), CREDITS_ATTRIBUTED_COMPUTE_QUERIES NUMBER(38,9)",
    "ACCOUNT_USAGE.WAREHOUSE_LOAD_HISTORY": "START_TIME TIMESTAMP_LTZ, WAREHOUSE_NAME VARCHAR, "
    "AVG_RUNNING NUMBER(38,9), AVG_QUEUED_LOAD NUMBER(38,9), AVG_QUEUED_PROVISIONING NUMBER(38,9)",
    "ACCOUNT_USAGE.TABLE_STORAGE_METRICS": "TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, "
    "ACTIVE_BYTES NUMBER(38,0), TIME_TRAVEL_BYTES NUMBER(38,0), FAILSAFE_BYTES NUMBER(38,0), "
    "RETAINED_FOR_CLONE_BYTES NUMBER(38,0)",
    "ACCOUNT_USAGE.DATA_TRANSFER_HISTORY": "START_TIME TIMESTAMP_LTZ, SOURCE_CLOUD VARCHAR, SOURCE_REGION VARCHAR, "
    "TARGET_CLOUD VARCHAR, TARGET_REGION VARCHAR, BYTES_TRANSFERRED NUMBER(38,0)",
    "ACCOUNT_USAGE.ACCESS_HISTORY": "QUERY_ID VARCHAR, QUERY_START_TIME TIMESTAMP_LTZ, USER_NAME VARCHAR, "
    "BASE_OBJECTS_ACCESSED VARCHAR, OBJECTS_MODIFIED VARCHAR",
    "ACCOUNT_USAGE.QUERY_HISTORY": "QUERY_ID VARCHAR, START_TIME TIMESTAMP_LTZ, WAREHOUSE_NAME VARCHAR, "
    "QUERY_TAG VARCHAR, BYTES_SCANNED NUMBER(38,0), BYTES_WRITTEN NUMBER(38,0)",
}
"""Only the columns that are read, but for the bill itself."""


class UsageAccount:
    """An account whose database of usage views is new; ``with`` ends its session."""

    def __init__(self, peer: SnowflakePeer) -> None:
        self.peer = peer
        self.database = f"USAGE_{uuid.uuid4().hex[:12].upper()}"
        self._opened: list[SnowflakeSession] = []
        self._session = snowflake.connector.connect(**peer.connect_arguments)
        self.run(f"CREATE DATABASE {self.database}")
        for schema in ("ORGANIZATION_USAGE", "ACCOUNT_USAGE"):
            self.run(f"CREATE SCHEMA {self.database}.{schema}")
        for name, columns in TABLES.items():
            self.run(f"CREATE TABLE {self.database}.{name} ({columns})")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in self._opened:
            opened.close()
        self._session.close()

    @property
    def url(self) -> str:
        """The peer's address."""
        return f"http://{self.peer.host}:{self.peer.port}"

    def run(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Run one statement."""
        with self._session.cursor() as cursor:
            cursor.execute(statement, tuple(parameters))

    def add(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, which have all the same columns, into a table such as ``CONTRACT_ITEMS``."""
        full = next(name for name in TABLES if name == table or name.endswith(f".{table}"))
        names = list(rows[0])
        columns = ", ".join('"DATE"' if name == "DATE" else name for name in names)
        holes = ", ".join(f"({', '.join(['%s'] * len(names))})" for _ in rows)
        self.run(
            f"INSERT INTO {self.database}.{full} ({columns}) VALUES {holes}",
            [row[name] for row in rows for name in names],
        )

    def bill(self, **changes: object) -> None:
        """One row of USAGE_IN_CURRENCY_DAILY: a warehouse's credits on 2 January 2025 unless changed."""
        self.add("USAGE_IN_CURRENCY_DAILY", [usage_row(**changes)])

    def meter(self, warehouse: str, compute: object, cloud_services: object = 0, **changes: object) -> None:
        """Credits of a warehouse in the hour from 3:00 of 2 January 2025 unless changed."""
        row = {
            "ORGANIZATION_NAME": ORGANIZATION,
            "ACCOUNT_NAME": "PROD",
            "START_TIME": "2025-01-02 03:00:00",
            "END_TIME": "2025-01-02 04:00:00",
            "WAREHOUSE_NAME": warehouse,
            "CREDITS_USED": compute,
            "CREDITS_USED_COMPUTE": compute,
            "CREDITS_USED_CLOUD_SERVICES": cloud_services,
        }
        self.add("ORGANIZATION_USAGE.WAREHOUSE_METERING_HISTORY", [{**row, **changes}])

    def connection(self, url: str | None = None, **changes: Any) -> SnowflakeUsage:
        """A connection to the account, through ``url`` when it is given."""
        settings: dict[str, Any] = {
            "name": "snow",
            "account": "ACME-PROD",
            "user": self.peer.user,
            "credentials": "env:TEST_SNOWFLAKE",
            "database": self.database,
            "endpoints": {"sql": url or self.url},
        }
        return SnowflakeUsage(**{**settings, **changes})

    def collector(
        self,
        url: str | None = None,
        *,
        now: datetime = NOW,
        sleep: Callable[[float], None] = lambda _: None,
        **changes: Any,
    ) -> SnowflakeCollector:
        """A collector whose clock stands and that does not really wait."""
        connection = self.connection(url, **changes)
        session = SnowflakeSession(connection, environ=self.peer.environ, sleep=sleep)
        self._opened.append(session)
        return SnowflakeCollector(connection=connection, session=session, now=lambda: now)


def usage_row(**changes: object) -> dict[str, object]:
    """A row of USAGE_IN_CURRENCY_DAILY."""
    row: dict[str, object] = {
        "ORGANIZATION_NAME": ORGANIZATION,
        "CONTRACT_NUMBER": "C-1",
        "ACCOUNT_NAME": "PROD",
        "ACCOUNT_LOCATOR": "XY12345",
        "REGION": "AWS_US_EAST_1",
        "SERVICE_LEVEL": "Enterprise",
        "USAGE_DATE": "2025-01-02",
        "USAGE_TYPE": "compute",
        "USAGE": "4",
        "CURRENCY": "USD",
        "USAGE_IN_CURRENCY": "31.50",
        "BALANCE_SOURCE": "capacity",
        "BILLING_TYPE": "consumption",
        "RATING_TYPE": "compute",
        "SERVICE_TYPE": "WAREHOUSE_METERING",
        "IS_ADJUSTMENT": False,
    }
    return {**row, **changes}
