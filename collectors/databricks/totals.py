"""What a month cost by the account's usage log, which the account console delivers by itself.

Databricks tells no invoice by its API. The usage log (``GET /api/2.0/accounts/<id>/usage/download``, CSV) lists the
DBUs of every cluster, warehouse and workspace by the hour. It is another delivery of the account's metering than the
system tables, by another interface, so that records which one of them lacks or holds twice show as a difference; how
far the two have one origin, Databricks does not say. Both are priced from the same list prices with the same discount,
so a wrong price or discount does not show: compare those with an invoice by hand.

    cost of a month = sum over the log of DBUs x effective list price x (1 - discount_ratio)
                      + cost of usage in units other than DBU, which the log does not list

It is not stated without an ``account_host``, before the month has ended, or when the log is empty or names a SKU
without a list price. Final seven days after the end of the month; records usually come within twelve hours.
Source: https://docs.databricks.com/aws/en/admin/account-settings/usage-detail-tags.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from collectors.collector import IndependentTotal
from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.client import StatementClient
from collectors.databricks.credentials import VENDOR
from collectors.databricks.discover import USAGE
from collectors.databricks.list_prices import PriceIndex, index_of, moment, price_at, read_prices
from collectors.databricks.usage_records import cost_of
from collectors.errors import InvalidManifest
from collectors.months import month_after, month_bounds, month_start

FINAL_AFTER: Final = timedelta(days=7)
_CLOUDS: Final = {"gcp.databricks.com": "GCP", "azuredatabricks.net": "AZURE"}
_COLUMNS: Final = ("timestamp", "sku", "dbus")
_OTHER_UNITS_SQL: Final = f"""
SELECT sku_name, cloud, usage_unit, usage_end_time, SUM(usage_quantity) AS quantity FROM {USAGE}
WHERE account_id = :account_id AND usage_date >= :first_on AND usage_date < :end_on AND usage_unit <> 'DBU'
GROUP BY sku_name, cloud, usage_unit, usage_end_time
"""


def usage_log_totals(
    client: StatementClient, connection: DatabricksSystemTables, periods: Sequence[str], *, now: datetime
) -> dict[str, IndependentTotal]:
    """The total of every period that has ended and whose log can be priced completely.

    Raises:
        InvalidManifest: the log is no CSV with the columns that Databricks documents.
        ProviderError: see ``StatementClient``.
    """
    ended = [period for period in periods if _end_at(period) <= now]
    if connection.account_host is None or not ended:
        return {}
    prices = index_of(read_prices(client, connection.currency))
    totals = {}
    for period in ended:
        logged = _logged_cost(client, connection, period, prices)
        others = cost_of_other_units(client, connection, period, prices)
        if logged is not None and others is not None:
            totals[period] = IndependentTotal(
                costs={connection.currency: logged + others},
                final=now >= _end_at(period) + FINAL_AFTER,
                origin="the account's usage log at list prices less the discount, with units that it does not list",
            )
    return totals


def _logged_cost(
    client: StatementClient, connection: DatabricksSystemTables, period: str, prices: PriceIndex
) -> Decimal | None:
    discount_ratio = Decimal(connection.discount_ratio)
    host = connection.account_host or ""
    cloud = next((name for ending, name in _CLOUDS.items() if host.endswith(ending)), "AWS")
    total = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "usage-log.csv"
        client.fetch_usage_log(period, path)
        for at, sku_name, dbus in _lines(path, connection.account_id):
            price = price_at(prices, sku_name, cloud, "DBU", at)
            if price is None:
                return None
            total = (total or Decimal(0)) + cost_of(dbus, price.effective_unit_price, discount_ratio)
    return total


def cost_of_other_units(
    client: StatementClient, connection: DatabricksSystemTables, period: str, prices: PriceIndex
) -> Decimal | None:
    """What a month's usage in units other than DBU costs; None when some of it has no list price.

    Raises:
        ProviderError: see ``StatementClient.run_whole``.
    """
    parameters = {
        "account_id": ("STRING", connection.account_id),
        "first_on": ("DATE", month_start(period).isoformat()),
        "end_on": ("DATE", month_after(period).isoformat()),
    }
    total = Decimal(0)
    for row in client.run_whole(_OTHER_UNITS_SQL, parameters, table=USAGE):
        names = (str(row["sku_name"]), str(row["cloud"]), str(row["usage_unit"]))
        price = price_at(prices, *names, moment(str(row["usage_end_time"])))
        if price is None:
            return None
        discount_ratio = Decimal(connection.discount_ratio)
        total += cost_of(Decimal(str(row["quantity"])), price.effective_unit_price, discount_ratio)
    return total


def _lines(path: Path, account_id: str) -> Iterator[tuple[datetime, str, Decimal]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for line in csv.DictReader(stream):
                yield _line(line)
    except (KeyError, ValueError, TypeError, InvalidOperation, csv.Error) as fault:
        raise InvalidManifest(
            f"Databricks' usage log of account {account_id} cannot be read ({fault!r}); expected a CSV with the "
            f'columns {", ".join(_COLUMNS)}; set total = "none" for this connection until it can',
            vendor=VENDOR,
            location="the account's usage log",
        ) from fault


def _line(line: Mapping[str, str]) -> tuple[datetime, str, Decimal]:
    at, sku_name, dbus = (line[name] for name in _COLUMNS)
    return moment(at), sku_name, Decimal(dbus)


def _end_at(period: str) -> datetime:
    return month_bounds(period)[1]
