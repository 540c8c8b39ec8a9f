"""What the currency of a day is allocated by: credits of warehouses, bytes of databases and stages.

The view that knows the money names accounts, not warehouses or databases. The views that know credits and bytes know no
money. So the money of an account, day and service is shared out in proportion:

    share(r) = weight(r) / sum of weights of the account's resources that day

* service WAREHOUSE_METERING by CREDITS_USED_COMPUTE of each warehouse;
* service CLOUD_SERVICES, and the adjustment that makes a tenth of it free, by CREDITS_USED_CLOUD_SERVICES;
* service STORAGE by AVERAGE_DATABASE_BYTES + AVERAGE_FAILSAFE_BYTES of each database, and the account's stage bytes.

For instance 31.50 USD on a day when two warehouses used 3 and 1 credits become 23.625 and 7.875 USD.
Shares have twelve decimals and add up to exactly 1. Where no weight is known the money stays whole, without a resource.
Source: https://docs.snowflake.com/en/user-guide/cost-exploring-compute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any, Final

from collectors.errors import AccessDenied
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.views import Views

WAREHOUSE_CREDITS: Final = "snowflake_warehouse_credits"
CLOUD_SERVICES_CREDITS: Final = "snowflake_cloud_services_credits"
STORED_BYTES: Final = "snowflake_stored_bytes"
METHODS: Final = {
    "WAREHOUSE_METERING": WAREHOUSE_CREDITS,
    "WAREHOUSE_METERING_READER": WAREHOUSE_CREDITS,
    "CLOUD_SERVICES": CLOUD_SERVICES_CREDITS,
    "STORAGE": STORED_BYTES,
}
"""SERVICE_TYPE -> how its cost is allocated; other services stay whole."""
_SHARE_PLACES: Final = Decimal(1).scaleb(-12)

_BASIS_SQL: Final = """
SELECT ORGANIZATION_NAME, ACCOUNT_NAME, START_TIME::DATE AS DAY, 'Warehouse' AS KIND, WAREHOUSE_NAME AS NAME,
       SUM(CREDITS_USED_COMPUTE::NUMBER(38,9))::NUMBER(38,9) AS FIRST_WEIGHT,
       SUM(CREDITS_USED_CLOUD_SERVICES::NUMBER(38,9))::NUMBER(38,9) AS SECOND_WEIGHT
FROM {metering} WHERE START_TIME >= %s AND START_TIME < %s GROUP BY 1, 2, 3, 5
UNION ALL
SELECT ORGANIZATION_NAME, ACCOUNT_NAME, USAGE_DATE, 'Database', DATABASE_NAME,
       SUM((AVERAGE_DATABASE_BYTES + AVERAGE_FAILSAFE_BYTES)::NUMBER(38,0))::NUMBER(38,9), 0
FROM {databases} WHERE USAGE_DATE >= %s AND USAGE_DATE < %s GROUP BY 1, 2, 3, 5
UNION ALL
SELECT ORGANIZATION_NAME, ACCOUNT_NAME, USAGE_DATE, 'Stage', '', SUM(AVERAGE_STAGE_BYTES::NUMBER(38,0))::NUMBER(38,9), 0
FROM {stages} WHERE USAGE_DATE >= %s AND USAGE_DATE < %s GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A resource's part of a cost: ``share_ratio`` from 0 to 1, twelve decimals."""

    resource_id: str | None
    resource_name: str
    resource_type: str
    share_ratio: Decimal


Basis = Mapping[tuple[str, str, date], tuple[Share, ...]]
"""(method, account name, day) -> shares that add up to 1."""


def read_basis(session: SnowflakeSession, views: Views, first_on: date, end_on: date) -> Basis | None:
    """The shares of every account and day from ``first_on`` to before ``end_on``; None when the role sees no metering.

    Raises:
        ProviderError: see ``SnowflakeSession.rows``.
    """
    statement = _BASIS_SQL.format(
        metering=views.organization_metering.name,
        databases=views.organization_databases.name,
        stages=views.organization_stages.name,
    )
    days = [first_on.isoformat(), end_on.isoformat()]
    try:
        rows = session.rows(statement, days * 3, view=views.organization_metering)
    except AccessDenied:
        return None  # costs stay whole, each row says so, and the check of grants names what is missing
    return shares_of(rows)


def shares_of(rows: Iterable[Mapping[str, Any]]) -> Basis:
    """Shares from the weights that the views state; a weight that is not above 0 counts nothing."""
    weights: defaultdict[tuple[str, str, date], list[tuple[Decimal, str | None, str, str]]] = defaultdict(list)
    for row in rows:
        account, day, kind, name = row["ACCOUNT_NAME"], row["DAY"], row["KIND"], row["NAME"] or ""
        resource_id = resource_id_of(row["ORGANIZATION_NAME"], account, kind, name)
        methods = (WAREHOUSE_CREDITS, CLOUD_SERVICES_CREDITS) if kind == "Warehouse" else (STORED_BYTES,)
        for method, column in zip(methods, ("FIRST_WEIGHT", "SECOND_WEIGHT"), strict=False):
            weight = Decimal(row[column] or 0)
            if weight > 0:
                weights[method, account, day].append((weight, resource_id, name or "stages", kind))
    return {key: _shares(found) for key, found in weights.items()}


def resource_id_of(organization: str, account: str, kind: str, name: str) -> str | None:
    """The id of a warehouse or database; the same text that the access signals name it by.

    >>> resource_id_of("ACME", "PROD", "Warehouse", "WH_ETL"), resource_id_of("ACME", "PROD", "Database", "SALES")
    ('acme-prod/warehouse/WH_ETL', 'snowflake://acme-prod/SALES')
    """
    identifier = f"{organization}-{account}".lower()
    if kind == "Warehouse":
        return f"{identifier}/warehouse/{name}"
    return f"snowflake://{identifier}/{name}" if kind == "Database" else None


def _shares(found: list[tuple[Decimal, str | None, str, str]]) -> tuple[Share, ...]:
    """The largest comes last, because the last takes what rounding leaves."""
    ordered = sorted(found, key=lambda each: (each[0], each[2], each[3]))
    with localcontext() as context:
        context.prec = 60
        total = sum((weight for weight, *_ in ordered), Decimal(0))
        ratios = [(weight / total).quantize(_SHARE_PLACES, ROUND_DOWN) for weight, *_ in ordered]
        ratios[-1] = 1 - sum(ratios[:-1], Decimal(0))
    return tuple(
        Share(resource_id=resource_id, resource_name=name, resource_type=kind, share_ratio=ratio)
        for ratio, (_, resource_id, name, kind) in zip(ratios, ordered, strict=True)
    )
