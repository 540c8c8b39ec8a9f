"""Records of usage as they come from ``system.billing.usage``, page by page, and what each costs.

    cost = quantity x effective list price x (1 - discount_ratio), rounded half even to twelve decimals

For instance 10.5 DBU at 0.40 with a discount of 0.08: 10.5 x 0.40 x 0.92 = 3.864. Retractions have negative quantities
and so negative costs. A record without a list price has no cost: it is passed on without, to be rejected and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, Final

import pyarrow as pa

from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.client import Row, StatementClient
from collectors.databricks.credentials import VENDOR
from collectors.databricks.discover import USAGE
from collectors.databricks.list_prices import ListPrice, index_of, moment, price_at
from collectors.errors import ProviderError
from collectors.months import month_after, month_start

ROWS_PER_PAGE: Final = 10_000
_PAGE_SQL: Final = f"""
SELECT * FROM {USAGE}
WHERE account_id = :account_id AND usage_date >= :first_on AND usage_date < :end_on AND ingestion_date <= :until
  AND record_id >= :from_record
ORDER BY record_id LIMIT {{limit}}
"""
_MONEY: Final = pa.decimal128(38, 12)
_AT: Final = pa.timestamp("us", tz="UTC")
NATIVE_TYPES: Final[dict[str, pa.DataType]] = {
    "record_id": pa.string(),
    "account_id": pa.string(),
    "workspace_id": pa.string(),
    "sku_name": pa.string(),
    "cloud": pa.string(),
    "usage_start_time": _AT,
    "usage_end_time": _AT,
    "usage_date": pa.date32(),
    "custom_tags": pa.string(),
    "usage_unit": pa.string(),
    "usage_quantity": pa.decimal128(38, 18),
    "usage_metadata": pa.string(),
    "record_type": pa.string(),
    "ingestion_date": pa.date32(),
    "billing_origin_product": pa.string(),
    "product_features": pa.string(),
}
"""Columns of the table that a bill cannot do without, as they are kept; maps and structures as their JSON text."""
PRICED_TYPES: Final[dict[str, pa.DataType]] = {
    "priced_currency": pa.string(),
    "priced_list_unit_price": _MONEY,
    "priced_contracted_unit_price": _MONEY,
    "priced_list_cost": _MONEY,
    "priced_cost": _MONEY,
    "priced_id": pa.string(),
    "priced_region": pa.string(),
}
"""Columns that are added from the list prices and the connection."""
_PLACES: Final = Decimal(1).scaleb(-12)
_SKU_REGIONS: Final = {
    "US_EAST_N_VIRGINIA": "us-east-1",
    "US_EAST_OHIO": "us-east-2",
    "US_WEST_OREGON": "us-west-2",
    "EUROPE_IRELAND": "eu-west-1",
    "EUROPE_FRANKFURT": "eu-central-1",
}
"""How SKUs of serverless products on AWS end; the others name no region or one that this table does not know."""
_SKU_END: Final = re.compile(rf"_({'|'.join(_SKU_REGIONS)})$")


def read_records(
    client: StatementClient,
    connection: DatabricksSystemTables,
    period: str,
    until: str,
    *,
    rows_per_page: int = ROWS_PER_PAGE,
) -> Iterator[Row]:
    """The month's records that came in up to the ingestion date ``until``, in the order of their ids.

    Raises:
        ProviderError: the records of one id are larger than one answer holds; else see ``StatementClient.run``.
    """
    parameters = {
        "account_id": ("STRING", connection.account_id),
        "first_on": ("DATE", month_start(period).isoformat()),
        "end_on": ("DATE", month_after(period).isoformat()),
        "until": ("DATE", until),
    }
    from_record, limit = "", rows_per_page
    while True:
        bounds = {**parameters, "from_record": ("STRING", from_record)}
        page = client.run(_PAGE_SQL.format(limit=limit), bounds, table=USAGE)
        if len(page.rows) < limit and not page.is_truncated:
            yield from page.rows
            return
        # Records with the last id may go on behind the page, so they are left for the next one.
        last = str(page.rows[-1]["record_id"]) if page.rows else ""
        whole = [row for row in page.rows if row["record_id"] != last]
        if whole:
            yield from whole
            from_record = last
        elif page.is_truncated and (page.rows or limit == 1):
            raise ProviderError(
                f"Databricks' records of {USAGE} for {period} from record {last or from_record or 'the first'} on are "
                "larger than one answer holds; nothing of the month was stored; report it",
                vendor=VENDOR,
                location=USAGE,
            )
        limit = max(limit // 2, 1) if page.is_truncated else limit if whole else limit * 2


def native_table(rows: Iterable[Row], connection: DatabricksSystemTables, prices: Sequence[ListPrice]) -> pa.Table:
    """Records with the table's own columns, priced."""
    index = index_of(prices)
    kept = [dict(row) for row in rows]
    names = list(kept[0]) if kept else list(NATIVE_TYPES)
    columns: dict[str, pa.Array[Any]] = {}
    for name in names:
        kind = NATIVE_TYPES.get(name, pa.string())
        columns[name] = pa.array([_cell(row[name], kind) for row in kept], kind)
    priced = [_priced(row, connection, index) for row in kept]
    for name, kind in PRICED_TYPES.items():
        columns[name] = pa.array([cells[name] for cells in priced], kind)
    return pa.table(columns)


def cost_of(quantity: Decimal, unit_price: Decimal, discount_ratio: Decimal = Decimal(0)) -> Decimal:
    """What a quantity costs, at twelve decimals.

    >>> cost_of(Decimal("10.5"), Decimal("0.40"), Decimal("0.08"))
    Decimal('3.864000000000')
    """
    with localcontext() as context:
        context.prec = 80
        return (quantity * unit_price * (1 - discount_ratio)).quantize(_PLACES, ROUND_HALF_EVEN)


def region_of(workspace_id: str, sku_name: str, connection: DatabricksSystemTables) -> str | None:
    """The workspace's region as the connection gives it, else what the SKU of a serverless product ends in."""
    ending = _SKU_END.search(sku_name)
    return connection.workspace_regions.get(workspace_id) or (_SKU_REGIONS[ending[1]] if ending else None)


def _priced(row: Row, connection: DatabricksSystemTables, index: Any) -> dict[str, Any]:
    sku_name, quantity, ended = str(row.get("sku_name")), row.get("usage_quantity"), row.get("usage_end_time")
    cells: dict[str, Any] = dict.fromkeys(PRICED_TYPES)
    cells["priced_currency"] = connection.currency
    cells["priced_region"] = region_of(str(row.get("workspace_id")), sku_name, connection)
    if quantity is None or ended is None:
        return cells
    price = price_at(index, sku_name, str(row.get("cloud")), str(row.get("usage_unit")), moment(ended))
    if price is None:
        return cells
    discount_ratio = Decimal(connection.discount_ratio)
    return cells | {
        "priced_list_unit_price": cost_of(Decimal(1), price.list_unit_price),
        "priced_contracted_unit_price": cost_of(Decimal(1), price.effective_unit_price, discount_ratio),
        "priced_list_cost": cost_of(Decimal(quantity), price.list_unit_price),
        "priced_cost": cost_of(Decimal(quantity), price.effective_unit_price, discount_ratio),
        "priced_id": price.price_id,
    }


def _cell(text: str | None, kind: pa.DataType) -> Any:
    if text is None:
        return None
    if pa.types.is_decimal(kind):
        return Decimal(text)
    if pa.types.is_date(kind):
        return date.fromisoformat(text[:10])
    return moment(text) if pa.types.is_timestamp(kind) else text
