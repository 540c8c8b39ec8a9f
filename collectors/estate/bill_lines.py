"""The bills of a window as a few thousand lines: one per resource, component, commitment and account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import duckdb
import pyarrow as pa

from collectors.commit.overlaps import set_aside_sql
from collectors.estate.classify import ChargeKind, component_of, vendor_of
from collectors.estate.months import BillingWindow
from collectors.store.checks import SourceSetting

IS_COMMITMENT_SQL: Final = "(CommitmentDiscountId IS NOT NULL OR CommitmentDiscountCategory IS NOT NULL)"
"""SQL that holds for a row that buys a commitment or is covered by one."""

_CHARGES_SQL: Final = """
CREATE OR REPLACE TEMP TABLE estate_charges AS
SELECT source, BillingCurrency AS currency, coalesce(ServiceProviderName, '') AS provider_name,
       coalesce(ServiceName, '') AS service,
       coalesce(nullif(SkuMeter, ''), nullif(ChargeDescription, ''), SkuId, '') AS meter,
       coalesce(ChargeCategory, '') AS charge_category,
       {is_commitment} AS is_commitment,
       coalesce(CommitmentDiscountStatus = 'Unused', false) AS is_unused,
       coalesce(ResourceId, '') AS resource_id, coalesce(RegionId, '') AS region,
       coalesce(CommitmentDiscountId, '') AS commitment_id,
       coalesce(BillingAccountId, '') AS billing_account_id, coalesce(SubAccountId, '') AS sub_account_id,
       sum(coalesce(EffectiveCost, 0)) AS effective_cost, count(*) AS row_count,
       count(*) FILTER (EffectiveCost IS NULL) AS rows_without_cost
FROM cost_and_usage
WHERE strftime(BillingPeriodStart, '%Y-%m') IN (SELECT unnest(?)) AND NOT ({set_aside})
GROUP BY ALL
"""
_SET_ASIDE_SQL: Final = """
SELECT source, BillingCurrency, sum(EffectiveCost), count(*) FROM cost_and_usage
WHERE strftime(BillingPeriodStart, '%Y-%m') IN (SELECT unnest(?)) AND ({set_aside}) GROUP BY ALL ORDER BY ALL
"""
_KINDS_SQL: Final = """
SELECT DISTINCT provider_name, service, meter, charge_category, is_commitment, is_unused
FROM estate_charges ORDER BY ALL
"""
_LINES_SQL: Final = """
SELECT source, currency, vendor, service, component, resource_id, region, commitment_id, billing_account_id,
       sub_account_id, if(component = 'other', meter, '') AS meter,
       sum(effective_cost) AS effective_cost, sum(row_count) AS row_count, sum(rows_without_cost) AS rows_without_cost
FROM estate_charges JOIN charge_kinds
  USING (provider_name, service, meter, charge_category, is_commitment, is_unused)
GROUP BY ALL ORDER BY ALL
"""
_KIND_COLUMNS: Final[dict[str, pa.DataType]] = {
    "provider_name": pa.string(),
    "service": pa.string(),
    "meter": pa.string(),
    "charge_category": pa.string(),
    "is_commitment": pa.bool_(),
    "is_unused": pa.bool_(),
    "vendor": pa.string(),
    "component": pa.string(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """Charges of one kind for one resource over the whole window.

    ``effective_cost`` is in ``currency``, exact, summed over the window. Empty text means: not given on the bill.
    ``meter`` is kept only where no component was found for it.
    """

    source: str
    currency: str
    vendor: str
    service: str
    component: str
    resource_id: str
    region: str
    commitment_id: str
    billing_account_id: str
    sub_account_id: str
    meter: str
    effective_cost: Decimal
    row_count: int
    rows_without_cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Marketplace lines of a cloud's bill that another source bills in detail: in no total. Cost over the window."""

    source: str
    currency: str
    effective_cost: Decimal
    row_count: int


def read_bill_lines(
    connection: duckdb.DuckDBPyConnection, window: BillingWindow, *, settings: Sequence[SourceSetting] = ()
) -> tuple[BillLine, ...]:
    """One pass over the bills: grouped, every distinct meter classified once, grouped again by component.

    Lines that ``read_set_aside`` counts are left out. Order is fixed by content alone.
    """
    connection.execute(
        _CHARGES_SQL.format(is_commitment=IS_COMMITMENT_SQL, set_aside=set_aside_sql(settings)), [list(window.months)]
    )
    kinds = connection.execute(_KINDS_SQL).fetchall()
    connection.register("charge_kinds", _classified(kinds))
    try:
        rows = connection.execute(_LINES_SQL).fetchall()
    finally:
        connection.unregister("charge_kinds")
        connection.execute("DROP TABLE estate_charges")
    names = BillLine.__dataclass_fields__
    return tuple(BillLine(**dict(zip(names, row, strict=True))) for row in rows)


def read_set_aside(
    connection: duckdb.DuckDBPyConnection, window: BillingWindow, settings: Sequence[SourceSetting]
) -> tuple[SetAside, ...]:
    """The lines that some source's ``billed_through`` says are the same money as its own."""
    rows = connection.execute(
        _SET_ASIDE_SQL.format(set_aside=set_aside_sql(settings)), [list(window.months)]
    ).fetchall()
    return tuple(
        SetAside(source=source, currency=currency, effective_cost=cost or Decimal(0), row_count=count)
        for source, currency, cost, count in rows
    )


def _classified(kinds: list[tuple[str, str, str, str, bool, bool]]) -> pa.Table:
    """The distinct kinds of charge with the vendor and the component of each."""
    columns: dict[str, list[str | bool]] = {name: [] for name in _KIND_COLUMNS}
    for row in kinds:
        provider_name, service, meter, charge_category, is_commitment, is_unused = row
        kind = ChargeKind(
            vendor=vendor_of(provider_name),
            service=service,
            meter=meter,
            charge_category=charge_category,
            is_commitment=is_commitment,
            is_unused=is_unused,
        )
        values: tuple[str | bool, ...] = (*row, kind.vendor, component_of(kind))
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
    return pa.table(columns, schema=pa.schema(_KIND_COLUMNS))
