"""The organisation's own rates of the newest day, per account and usage type.

Source: https://docs.snowflake.com/en/sql-reference/organization-usage/rate_sheet_daily.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any, Final

import pyarrow as pa

from collectors.readings import SKU_PRICE, Reading
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.regions import region_name
from collectors.snowflake.views import Views

_RATES_SQL: Final = """
SELECT DISTINCT "DATE" AS DAY, ACCOUNT_NAME, REGION, SERVICE_LEVEL, USAGE_TYPE, SERVICE_TYPE, RATING_TYPE, BILLING_TYPE,
       CURRENCY, IS_ADJUSTMENT, EFFECTIVE_RATE::NUMBER(38,9) AS EFFECTIVE_RATE
FROM {rates} WHERE "DATE" = (SELECT MAX("DATE") FROM {rates})
"""
_UNITS: Final = {"compute": "credit", "storage": "TB-month", "data transfer": "TB"}


def price_readings(session: SnowflakeSession, views: Views) -> Iterator[Reading]:
    """One reading of contracted prices: consumption that is rated, adjustments left out.

    Raises:
        ProviderError: see ``SnowflakeSession.rows``.
    """
    rates = views.rate_sheet
    rows = session.rows(_RATES_SQL.format(rates=rates.name), [], view=rates)
    usable = [row for row in rows if row["EFFECTIVE_RATE"] is not None and not row["IS_ADJUSTMENT"]]
    prices = sorted((_price(row) for row in usable), key=lambda price: str(price["sku_price_id"]))
    dropped = len(rows) - len(usable)
    yield Reading(
        table="sku_price",
        unit="current",
        rows=pa.Table.from_pylist(prices, schema=SKU_PRICE),
        dropped=(("an adjustment, or without a rate", dropped),) if dropped else (),
    )


def _price(row: dict[str, Any]) -> dict[str, Any]:
    rating = str(row["RATING_TYPE"]).lower().replace("_", " ")
    facts = [row[name] for name in ("ACCOUNT_NAME", "REGION", "SERVICE_LEVEL", "BILLING_TYPE", "USAGE_TYPE")]
    return {
        "provider": "snowflake",
        "service": "Snowflake",
        "sku_id": row["SERVICE_TYPE"] or row["USAGE_TYPE"],
        "sku_price_id": "/".join(str(fact or "") for fact in facts),
        "region": region_name(row["REGION"]),
        "description": f"{row['USAGE_TYPE']}, {row['SERVICE_LEVEL']}",
        "unit": _UNITS.get(rating, rating),
        "currency": row["CURRENCY"],
        "quantity_from": 0,
        "quantity_to": None,
        "unit_price": row["EFFECTIVE_RATE"],
        "term": "on_demand",
        "is_contracted": True,
        "effective_from": datetime.combine(row["DAY"], time(), UTC),
        "effective_to": None,
    }
