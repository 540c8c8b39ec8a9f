"""What stands behind the bill of the account that answers: load of warehouses, stored bytes, transfer, the contract.

Sources: https://docs.snowflake.com/en/sql-reference/account-usage/warehouse_metering_history,
https://docs.snowflake.com/en/sql-reference/account-usage/warehouse_load_history,
https://docs.snowflake.com/en/sql-reference/account-usage/table_storage_metrics,
https://docs.snowflake.com/en/sql-reference/account-usage/data_transfer_history,
https://docs.snowflake.com/en/sql-reference/organization-usage/contract_items.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from collectors.collector import CollectWindow
from collectors.months import month_bounds
from collectors.readings import READING_SCHEMAS, Reading, SignalReading
from collectors.signals.state.snowflake_storage import read_snowflake_storage
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.fingerprints import fingerprint_of
from collectors.snowflake.regions import transfer_place
from collectors.snowflake.views import Views

LATENCY: Final = timedelta(hours=6)
"""How late the slowest of these views may be: cloud services credits of a warehouse."""
LOAD_MONTHS: Final = 2
"""Load is read for so many of the window's newest months: it has a row an hour, and older hours change no more."""
LOAD_INTERVALS_PER_HOUR: Final = 12
"""The load history has a row for every five minutes in which the warehouse ran."""

# Each side is made hourly before they meet, so no row of one multiplies those of the other.
_LOAD_SQL: Final = """
SELECT M.WAREHOUSE_NAME, M.HOUR_AT, M.CREDITS, M.ATTRIBUTED, L.RUNNING, L.QUEUED
FROM (
    SELECT WAREHOUSE_NAME, START_TIME AS HOUR_AT, SUM(CREDITS_USED_COMPUTE)::NUMBER(38,9) AS CREDITS,
           SUM(CREDITS_ATTRIBUTED_COMPUTE_QUERIES)::NUMBER(38,9) AS ATTRIBUTED
    FROM {metering} WHERE START_TIME >= %s AND START_TIME < %s GROUP BY 1, 2
) M LEFT JOIN (
    SELECT WAREHOUSE_NAME, DATE_TRUNC('HOUR', START_TIME) AS HOUR_AT, SUM(AVG_RUNNING)::NUMBER(38,9) AS RUNNING,
           SUM(AVG_QUEUED_LOAD + AVG_QUEUED_PROVISIONING)::NUMBER(38,9) AS QUEUED
    FROM {load} WHERE START_TIME >= %s AND START_TIME < %s GROUP BY 1, 2
) L ON M.WAREHOUSE_NAME = L.WAREHOUSE_NAME AND M.HOUR_AT = L.HOUR_AT
"""
_STORAGE_SQL: Final = """
SELECT TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, ACTIVE_BYTES, TIME_TRAVEL_BYTES, FAILSAFE_BYTES,
       RETAINED_FOR_CLONE_BYTES
FROM {storage} WHERE ACTIVE_BYTES + TIME_TRAVEL_BYTES + FAILSAFE_BYTES + RETAINED_FOR_CLONE_BYTES > 0
"""
_TRANSFER_SQL: Final = """
SELECT START_TIME::DATE AS DAY, SOURCE_CLOUD, SOURCE_REGION, TARGET_CLOUD, TARGET_REGION,
       SUM(BYTES_TRANSFERRED)::NUMBER(38,0) AS BYTES
FROM {transfer} WHERE START_TIME >= %s AND START_TIME < %s GROUP BY 1, 2, 3, 4, 5
"""
_CONTRACT_SQL: Final = """
SELECT CONTRACT_NUMBER, CONTRACT_ITEM, CURRENCY, START_DATE, END_DATE, AMOUNT::NUMBER(38,9) AS AMOUNT FROM {items}
"""


def usage_readings(
    session: SnowflakeSession, views: Views, account: str, window: CollectWindow, *, now: datetime
) -> Iterator[Reading | SignalReading]:
    """Load (of the newest ``LOAD_MONTHS``) and transfer by day of the window, what is stored now, the contract's items.

    Args:
        session: runs the queries.
        views: which views.
        account: ``ORG-ACCOUNT`` that answers; its views know of no other account.
        window: months to look at; days that may still change are covered only up to ``LATENCY`` before ``now``.
        now: aware.

    Raises:
        ProviderError: see ``SnowflakeSession.rows``.
    """
    from_at = month_bounds(window.first_period)[0]
    to_at = min(month_bounds(window.last_period)[1], now - LATENCY)
    load_from_at = month_bounds(window.periods()[-LOAD_MONTHS:][0])[0]
    yield from _contract(session, views, now.date())
    if load_from_at < to_at:
        load = _load(session, views, account, load_from_at, to_at)
        yield from _by_day("compute_load", load, load_from_at, to_at)
    if from_at < to_at:
        yield from _by_day("transfer", _transfer(session, views, account, from_at, to_at), from_at, to_at)
    yield _storage(session, views, account, now.date())


def _load(
    session: SnowflakeSession, views: Views, account: str, from_at: datetime, to_at: datetime
) -> Iterator[tuple[date, dict[str, Any]]]:
    statement = _LOAD_SQL.format(metering=views.warehouse_metering.name, load=views.warehouse_load.name)
    ends = [from_at.isoformat(), to_at.isoformat()]
    for row in session.rows(statement, ends * 2, view=views.warehouse_metering):
        hour_at: datetime = row["HOUR_AT"].astimezone(UTC)
        credits_used, attributed = Decimal(row["CREDITS"] or 0), row["ATTRIBUTED"]
        yield (
            hour_at.date(),
            {
                "provider": "snowflake",
                "resource_id": f"{account.lower()}/warehouse/{row['WAREHOUSE_NAME']}",
                "hour_at": hour_at,
                "mean_running": _hourly(row["RUNNING"]),
                "mean_queued": _hourly(row["QUEUED"]),
                "credits": credits_used,
                "idle_credits": None if attributed is None else max(credits_used - attributed, Decimal(0)),
            },
        )


def _transfer(
    session: SnowflakeSession, views: Views, account: str, from_at: datetime, to_at: datetime
) -> Iterator[tuple[date, dict[str, Any]]]:
    statement = _TRANSFER_SQL.format(transfer=views.data_transfer.name)
    for row in session.rows(statement, [from_at.isoformat(), to_at.isoformat()], view=views.data_transfer):
        yield (
            row["DAY"],
            {
                "provider": "snowflake",
                "day": row["DAY"],
                "resource_id": f"snowflake://{account.lower()}",
                "from_place": transfer_place(row["SOURCE_CLOUD"], row["SOURCE_REGION"]),
                "to_place": transfer_place(row["TARGET_CLOUD"], row["TARGET_REGION"]),
                "bytes": row["BYTES"],
            },
        )


def _storage(session: SnowflakeSession, views: Views, account: str, day_on: date) -> SignalReading:
    rows = session.rows(_STORAGE_SQL.format(storage=views.table_storage.name), [], view=views.table_storage)
    reading = read_snowflake_storage(rows, account=account, day_on=day_on)
    return SignalReading(
        kind="snowflake_storage", reading=reading, fingerprint=fingerprint_of(day_on.isoformat(), rows)
    )


def _contract(session: SnowflakeSession, views: Views, today: date) -> Iterator[Reading]:
    rows = session.rows(_CONTRACT_SQL.format(items=views.contract_items.name), [], view=views.contract_items)
    items = [_commitment(row, today) for row in rows]
    items.sort(key=lambda item: (str(item["commitment_id"]), str(item["kind"]), str(item["starts_at"])))
    schema = READING_SCHEMAS["commitment_state"]
    yield Reading(table="commitment_state", unit="current", rows=pa.Table.from_pylist(items, schema=schema))


def _commitment(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    starts_on, ends_on = row["START_DATE"], row["END_DATE"]
    state = "pending" if starts_on > today else "expired" if ends_on is not None and ends_on < today else "active"
    return {
        "provider": "snowflake",
        "commitment_id": row["CONTRACT_NUMBER"],
        "kind": str(row["CONTRACT_ITEM"]).lower(),
        "service": "Snowflake",
        "region": None,
        "state": state,
        "starts_at": _midnight(starts_on),
        "ends_at": None if ends_on is None else _midnight(ends_on),
        "currency": row["CURRENCY"],
        "hourly_commitment": None,
        "upfront_payment": row["AMOUNT"],
        "quantity": None,
        "instance_type": None,
    }


def _by_day(
    table: str, found: Iterator[tuple[date, dict[str, Any]]], from_at: datetime, to_at: datetime
) -> Iterator[Reading]:
    """A reading for every day of the window, also for one without a row: that nothing happened is known then."""
    days: defaultdict[date, list[dict[str, Any]]] = defaultdict(list)
    for day, row in found:
        days[day].append(row)
    day = from_at.date()
    while _midnight(day) < to_at:
        rows = sorted(days[day], key=lambda row: [str(cell) for cell in row.values()])
        yield Reading(
            table=table,
            unit=day.isoformat(),
            rows=pa.Table.from_pylist(rows, schema=READING_SCHEMAS[table]),
            covers_from=_midnight(day),
            covers_to=min(_midnight(day + timedelta(days=1)), to_at),
        )
        day += timedelta(days=1)


def _hourly(total: Decimal | None) -> Decimal:
    """The mean over the hour of what the five-minute rows add up to; no row means that nothing ran."""
    return Decimal(0) if total is None else (total / LOAD_INTERVALS_PER_HOUR).quantize(Decimal("0.000000001"))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
