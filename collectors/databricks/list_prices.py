"""List prices, and which one a record of usage has.

Source: https://docs.databricks.com/aws/en/admin/system-tables/pricing.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from collectors.databricks.client import Row, StatementClient

LIST_PRICES: Final = "system.billing.list_prices"
_PRICES_SQL: Final = f"""
SELECT sku_name, cloud, usage_unit, currency_code, price_start_time, price_end_time,
       pricing.default AS list_price, pricing.effective_list.default AS effective_price
FROM {LIST_PRICES} WHERE currency_code = :currency ORDER BY sku_name, cloud, usage_unit, price_start_time
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPrice:
    """A price of a SKU from ``starts_at`` (included) to ``ends_at`` (excluded; None: it still stands).

    ``list_unit_price`` is the published price, ``effective_unit_price`` the one after promotions for all customers.
    """

    sku_name: str
    cloud: str
    unit: str
    currency: str
    starts_at: datetime
    ends_at: datetime | None
    list_unit_price: Decimal
    effective_unit_price: Decimal

    @property
    def price_id(self) -> str:
        """The SKU with what its price depends on."""
        return f"{self.sku_name}/{self.cloud}/{self.currency}/{self.starts_at:%Y-%m-%d}"

    def holds(self, at: datetime) -> bool:
        """Whether it is the price at a moment."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


PriceIndex = Mapping[tuple[str, str, str], Sequence[ListPrice]]
"""(SKU, cloud, unit) -> its prices, the newest first."""


def read_prices(client: StatementClient, currency: str) -> tuple[ListPrice, ...]:
    """Every list price in a currency, also those that have ended.

    Raises:
        ProviderError: see ``StatementClient.run_whole``.
    """
    rows = client.run_whole(_PRICES_SQL, {"currency": ("STRING", currency)}, table=LIST_PRICES)
    return tuple(_price(row) for row in rows if row["list_price"] is not None)


def price_tag(prices: Iterable[ListPrice], first_on: date, end_on: date) -> str:
    """Changes when any price that stood at some time from ``first_on`` to before ``end_on`` does."""
    first_at, end_at = (datetime.combine(day, time(), UTC) for day in (first_on, end_on))
    facts = [
        [each.price_id, each.unit, str(each.ends_at), str(each.list_unit_price), str(each.effective_unit_price)]
        for each in prices
        if each.starts_at <= end_at and (each.ends_at is None or each.ends_at > first_at)
    ]
    return hashlib.sha256(json.dumps(sorted(facts)).encode()).hexdigest()


def index_of(prices: Iterable[ListPrice]) -> PriceIndex:
    """Prices ready to be looked up."""
    found: defaultdict[tuple[str, str, str], list[ListPrice]] = defaultdict(list)
    for each in sorted(prices, key=lambda each: each.starts_at, reverse=True):
        found[each.sku_name, each.cloud, each.unit].append(each)
    return found


def price_at(index: PriceIndex, sku_name: str, cloud: str, unit: str, ended_at: datetime) -> ListPrice | None:
    """The price of usage that ended at a moment: Databricks prices a record by its end. None when no price held."""
    return next((each for each in index.get((sku_name, cloud, unit), ()) if each.holds(ended_at)), None)


def moment(text: str) -> datetime:
    """A timestamp of a result, aware; Databricks answers in UTC.

    >>> moment("2025-01-02T03:04:05.000Z").isoformat()
    '2025-01-02T03:04:05+00:00'
    """
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _price(row: Row) -> ListPrice:
    ends = row["price_end_time"]
    list_price = Decimal(str(row["list_price"]))
    effective = row["effective_price"]
    return ListPrice(
        sku_name=str(row["sku_name"]),
        cloud=str(row["cloud"]),
        unit=str(row["usage_unit"]),
        currency=str(row["currency_code"]),
        starts_at=moment(str(row["price_start_time"])),
        ends_at=None if ends is None else moment(ends),
        list_unit_price=list_price,
        effective_unit_price=list_price if effective is None else Decimal(effective),
    )
