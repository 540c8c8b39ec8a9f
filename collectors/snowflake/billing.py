"""Bills of an organisation: a month of ``USAGE_IN_CURRENCY_DAILY`` as one Parquet file with what it is allocated by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.collector import CollectWindow, Delivery, GrantCheck, IndependentTotal
from collectors.connections.snowflake import SnowflakeUsage
from collectors.errors import InvalidManifest, TornDelivery
from collectors.focus.dialect import Dialect
from collectors.months import month_after, month_start
from collectors.readings import Reading, SignalReading
from collectors.snowflake.access import access_readings
from collectors.snowflake.allocation import METHODS, Basis, read_basis
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.credentials import VENDOR
from collectors.snowflake.discover import HIDDEN, UNWANTED, find_deliveries
from collectors.snowflake.grants import check_views
from collectors.snowflake.prices import price_readings
from collectors.snowflake.to_focus import NATIVE_TYPES, SHARES_TYPE, SNOWFLAKE_USAGE
from collectors.snowflake.totals import balance_totals
from collectors.snowflake.usage import usage_readings
from collectors.snowflake.views import Views, views_of

_ROWS_SQL: Final = "SELECT * FROM {usage} WHERE USAGE_DATE >= %s AND USAGE_DATE < %s"

_PLACES: Final = Decimal(1).scaleb(-12)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnowflakeCollector:
    """A ``collectors.collector.Collector`` of one organisation. ``now`` tells the time, aware."""

    connection: SnowflakeUsage
    session: SnowflakeSession
    now: Callable[[], datetime] = _now

    @property
    def dialect(self) -> Dialect:
        """How ``USAGE_IN_CURRENCY_DAILY`` becomes FOCUS."""
        return SNOWFLAKE_USAGE

    @property
    def views(self) -> Views:
        """The views of the connection's database."""
        return views_of(self.connection)

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery]:
        """The months of the window that have rows; see ``collectors.snowflake.discover``."""
        return find_deliveries(self.session, self.views, window, with_basis=self.connection.allocates)

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """The month as one Parquet file, rows in an order of their own content.

        Raises:
            TornDelivery: the month changed since it was discovered.
        """
        first_on, end_on = month_start(delivery.period), month_after(delivery.period)
        money, basis_part = delivery.parts
        statement = _ROWS_SQL.format(usage=self.views.usage_in_currency.name)
        rows = self.session.rows(
            statement, [first_on.isoformat(), end_on.isoformat()], view=self.views.usage_in_currency
        )
        basis: Basis | None = None if basis_part.tag == HIDDEN else {}
        if basis_part.tag not in (HIDDEN, UNWANTED, "") and any(_method_of(row) for row in rows):
            basis = read_basis(self.session, self.views, first_on, end_on)
        window = CollectWindow(first_period=delivery.period, last_period=delivery.period)
        # A basis that changes meanwhile needs no look: its tag differs from this delivery's the next time.
        now_there = find_deliveries(self.session, self.views, window, with_basis=False).get(delivery.period)
        if now_there is None or now_there.parts[0] != money or len(rows) != money.row_count:
            raise TornDelivery(
                f"Snowflake changed {delivery.period} in {self.views.usage_in_currency.name} while it was read; "
                "nothing of it was stored; try again",
                vendor=VENDOR,
                location=self.views.usage_in_currency.name,
            )
        path = folder / f"usage-in-currency-{delivery.period}.parquet"
        pq.write_table(native_table(rows, basis), path)
        return (path,)

    def mark(self, delivery: Delivery) -> str:
        """Nothing: asking for every month of the window is one query."""
        return ""

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """What the contract's balances fell by; see ``collectors.snowflake.totals``."""
        return balance_totals(self.session, self.views, periods)

    def readings(
        self, purpose: Literal["usage", "prices", "access"], window: CollectWindow
    ) -> Iterator[Reading | SignalReading]:
        """Usage, prices or access signals of the account that answers the queries."""
        if purpose == "prices":
            return price_readings(self.session, self.views)
        if purpose == "usage":
            return usage_readings(self.session, self.views, self.connection.account, window, now=self.now())
        return access_readings(self.session, self.views, self.connection.account, window, now=self.now())

    def check_grants(self) -> tuple[GrantCheck, ...]:
        """Asks every view for no row."""
        views = self.views
        wanted = views.all() if self.connection.allocates else [each for each in views.all() if each not in views.basis]
        return check_views(self.session, wanted, self.connection.role)

    def close(self) -> None:
        """End the session."""
        self.session.close()


def native_table(rows: Sequence[Mapping[str, Any]], basis: Basis | None) -> pa.Table:
    """The view's rows with its columns as they are named there, each with its shares where there are any.

    ``ALLOCATION_METHOD`` says how its cost is shared, ``hidden`` when the metering is not visible, and null where a
    cost stays whole.
    """
    ordered = sorted(rows, key=lambda row: [(row[name] is not None, str(row[name])) for name in sorted(row)])
    columns: dict[str, pa.Array[Any]] = {}
    for name in ordered[0] if ordered else NATIVE_TYPES:
        kind = NATIVE_TYPES.get(name, pa.string())
        columns[name] = _column(name, [row[name] for row in ordered], kind)
    allocated = [_allocation(row, basis) for row in ordered]
    columns["ALLOCATION_METHOD"] = pa.array([method for method, _ in allocated], pa.string())
    columns["ALLOCATION_SHARES"] = pa.array([shares for _, shares in allocated], SHARES_TYPE)
    return pa.table(columns)


def _allocation(row: Mapping[str, Any], basis: Basis | None) -> tuple[str | None, list[dict[str, Any]]]:
    method = _method_of(row)
    if method is None:
        return None, []
    if basis is None:
        return HIDDEN, []
    day: date = row["USAGE_DATE"]
    shares = basis.get((method, str(row.get("ACCOUNT_NAME")), day), ())
    cells = [{name: getattr(share, name) for name in share.__slots__} for share in shares]
    return (method if cells else None), cells


def _method_of(row: Mapping[str, Any]) -> str | None:
    return METHODS.get(str(row.get("SERVICE_TYPE")).upper())


def _column(name: str, values: Sequence[Any], kind: pa.DataType) -> pa.Array[Any]:
    try:
        return pa.array([_cell(value, kind) for value in values], kind)
    except (ArithmeticError, ValueError, TypeError) as fault:  # Arrow's errors are a ValueError and a TypeError
        raise InvalidManifest(
            f"Snowflake's column {name} of USAGE_IN_CURRENCY_DAILY holds a value that is no {kind}; nothing of its "
            "month was stored; ask Snowflake Support whether the view is the current one, and report it",
            vendor=VENDOR,
            location="USAGE_IN_CURRENCY_DAILY",
        ) from fault


def _cell(value: Any, kind: pa.DataType) -> Any:
    """A number is rounded half even to twelve decimals: a quantity that is a float there may have more."""
    if value is None:
        return None
    if pa.types.is_decimal(kind):
        with localcontext() as context:
            context.prec = 80
            return Decimal(str(value)).quantize(_PLACES, ROUND_HALF_EVEN)
    return str(value) if pa.types.is_string(kind) else value
