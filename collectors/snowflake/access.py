"""Which tables the account's queries read and changed, day by day.

Source: https://docs.snowflake.com/en/sql-reference/account-usage/access_history.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from collectors.collector import CollectWindow
from collectors.months import month_bounds
from collectors.readings import SignalReading
from collectors.signals.access.snowflake_access import read_snowflake_access
from collectors.signals.coverage import Coverage, Window
from collectors.signals.records import AccessReading
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.fingerprints import fingerprint_of
from collectors.snowflake.views import Views

LATENCY: Final = timedelta(hours=3)
"""How late ACCESS_HISTORY may be."""
SETTLED_AFTER: Final = timedelta(days=2)
"""How long after its end a day counts as settled: it is then read once more and, once stored, never asked for again."""

_ACCESS_SQL: Final = """
SELECT A.QUERY_ID, A.QUERY_START_TIME, A.USER_NAME, A.BASE_OBJECTS_ACCESSED, A.OBJECTS_MODIFIED, Q.WAREHOUSE_NAME,
       Q.QUERY_TAG, Q.BYTES_SCANNED, Q.BYTES_WRITTEN
FROM {access} A LEFT JOIN {queries} Q ON A.QUERY_ID = Q.QUERY_ID AND Q.START_TIME >= %s AND Q.START_TIME < %s
WHERE A.QUERY_START_TIME >= %s AND A.QUERY_START_TIME < %s
"""


def access_readings(
    session: SnowflakeSession, views: Views, account: str, window: CollectWindow, *, now: datetime
) -> Iterator[SignalReading]:
    """One delivery for every day of the window that lies far enough back to be complete at least in part.

    A settled day (see ``SETTLED_AFTER``) is known by its name alone and queried only when it is brought.

    Args:
        session: runs the queries.
        views: which views.
        account: ``ORG-ACCOUNT`` that answers.
        window: months to look at.
        now: aware.

    Raises:
        ProviderError: see ``SnowflakeSession.rows``; ACCESS_HISTORY needs the Enterprise edition.
    """
    from_at = month_bounds(window.first_period)[0]
    end_at = min(month_bounds(window.last_period)[1], now - LATENCY)
    while from_at < end_at:
        day = Window(from_at=from_at, to_at=min(from_at + timedelta(days=1), end_at))
        yield _day(session, views, account, day, is_settled=from_at + timedelta(days=1) + SETTLED_AFTER <= now)
        from_at += timedelta(days=1)


def _day(session: SnowflakeSession, views: Views, account: str, window: Window, *, is_settled: bool) -> SignalReading:
    scope = f"snowflake://{account.lower()}"
    coverage = (Coverage(source="snowflake_access", scope=scope, window=window),)
    if is_settled:
        unit = "/".join([views.access_history.name, account, window.from_at.isoformat(), "settled"])
        return SignalReading(
            kind="snowflake_access",
            reading=partial(_bring, session, views, account, window),
            fingerprint=fingerprint_of(unit, ()),
            coverage=coverage,
        )
    rows = _rows(session, views, window)
    return SignalReading(
        kind="snowflake_access",
        reading=read_snowflake_access(rows, account=account),
        fingerprint=fingerprint_of(f"{window.from_at.isoformat()}/{window.to_at.isoformat()}", rows),
        coverage=coverage,
    )


def _bring(session: SnowflakeSession, views: Views, account: str, window: Window) -> AccessReading:
    return read_snowflake_access(_rows(session, views, window), account=account)


def _rows(session: SnowflakeSession, views: Views, window: Window) -> list[dict[str, Any]]:
    statement = _ACCESS_SQL.format(access=views.access_history.name, queries=views.query_history.name)
    ends = [window.from_at.isoformat(), window.to_at.isoformat()]
    return session.rows(statement, ends * 2, view=views.access_history)
