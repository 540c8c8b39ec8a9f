"""Billing formats of AWS as FOCUS 1.4: the FOCUS export as it is, CUR 2.0, and the legacy Cost and Usage Report.

What becomes of a report's columns, in the spelling of CUR 2.0 (the legacy report writes ``lineItem/UnblendedCost`` for
``line_item_unblended_cost``; both spellings are read, in any letter case, from CSV and Parquet):

=================================  ====================================================================================
FOCUS                              report
=================================  ====================================================================================
BilledCost                         line_item_unblended_cost, row by row, so that the sum is the report's own
EffectiveCost                      by line_item_line_item_type: SavingsPlanCoveredUsage
                                   savings_plan_savings_plan_effective_cost; DiscountedUsage reservation_effective_cost;
                                   SavingsPlanNegation, every fee of a savings plan or reservation 0; else BilledCost
ContractedCost                     BilledCost; DiscountedUsage pricing_public_on_demand_cost; SavingsPlanNegation 0
ListCost                           usage: pricing_public_on_demand_cost, else ContractedCost; SavingsPlanNegation 0
BillingCurrency, PricingCurrency   line_item_currency_code, pricing_currency
BillingAccountId, -Name            bill_payer_account_id, -name
SubAccountId, -Name                line_item_usage_account_id, -name
BillingPeriodStart, -End           bill_billing_period_start_date, -end_date
ChargePeriodStart, -End            line_item_usage_start_date, -end_date
ChargeCategory                     Usage: Usage, DiscountedUsage, SavingsPlanCoveredUsage, SavingsPlanNegation (it takes
                                   back what covered usage is billed). Purchase: Fee, RIFee, SavingsPlanRecurringFee,
                                   SavingsPlanUpfrontFee. Tax, Credit: the same. Adjustment: Refund, all ...Discount
ChargeClass                        Correction for Refund
ChargeFrequency                    usage Usage-Based; RIFee, SavingsPlanRecurringFee Recurring; else One-Time
ChargeDescription                  line_item_line_item_description
CommitmentDiscountId               savings_plan_savings_plan_a_r_n or reservation_reservation_a_r_n, by the line's type
CommitmentDiscountCategory, -Type  Spend, savings_plan_offering_type; Usage, Reserved Instance
CommitmentDiscountStatus           Used for covered usage and its negation, Unused for unused parts
PricingCategory                    Committed; Dynamic for Spot; Standard
PricingQuantity, -Unit             line_item_usage_amount, pricing_unit of usage; Consumed... the same
ListUnitPrice, ContractedUnitPrice pricing_public_on_demand_rate, line_item_unblended_rate
ServiceName                        product_product_name, else by line_item_product_code; data transfer is a service of
                                   its own (product_servicecode AWSDataTransfer); AWS Marketplace: <product> when
                                   bill_billing_entity says so
ServiceCategory, -Subcategory      by line_item_product_code, see ``collectors.aws.services``
ServiceProviderName, Host...       Amazon Web Services
InvoiceIssuerName, InvoiceId       bill_invoicing_entity, else line_item_legal_entity; bill_invoice_id
RegionId, RegionName               product_region_code, else product_region, else from the zone; product_location
AvailabilityZone                   line_item_availability_zone
ResourceId                         line_item_resource_id as an ARN: a bucket's name, an instance, a volume and a NAT
                                   gateway become the ARN that an inventory names; anything else is kept as it is
SkuId, SkuMeter, SkuPriceId        product_sku, line_item_usage_type, pricing_rate_code
Tags                               resource_tags without empty ones and without ``user:`` or ``user_`` in front
x_<name>                           every other column
=================================  ====================================================================================

A recurring fee is two charges when part of the commitment was not used: the fee (Purchase, BilledCost, EffectiveCost 0)
and the unused part (Usage, Unused, BilledCost 0, EffectiveCost for SavingsPlanRecurringFee
savings_plan_total_commitment_to_date - savings_plan_used_commitment, for RIFee
reservation_unused_amortized_upfront_fee_for_billing_period + reservation_unused_recurring_fee). Both carry the number
of their native row in ``x_NativeRow``.

Sources: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html and, for amortised cost,
https://docs.aws.amazon.com/cur/latest/userguide/amortized-costs.html; https://focus.finops.org for the columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from collectors.aws.native_files import REPORT_SUFFIXES, NativeFile, open_bytes, open_native, unpacked
from collectors.aws.report_columns import ReportColumns
from collectors.aws.report_query import kinds_query, report_query
from collectors.errors import InvalidFocusFile
from collectors.focus.dialect import Dialect, NativeReading
from collectors.store.schema import DECIMAL_DIGITS, DECIMAL_PLACES
from collectors.store.sql import literal

_BLOCK_BYTES: Final = 4 << 20
_PARQUET_ROWS: Final = 1 << 17
# Wide enough for the shortest text of any double down to 1e-23; a chunk with anything else is read cell by cell.
_WIDE: Final = pa.decimal256(76, 40)
_ONE_STEP: Final = Decimal(1).scaleb(-DECIMAL_PLACES)
_UNREADABLE_FROM: Final = Decimal(10) ** (DECIMAL_DIGITS - DECIMAL_PLACES)


def translate_report(native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write a file of a Cost and Usage Report, legacy or 2.0, as FOCUS 1.4 in Parquet.

    Raises:
        InvalidFocusFile: it cannot be read to its end, lacks a column without which a row is no charge, or one without
            which the effective cost of a row is not known.
    """
    opened = open_native(native, engine)
    with unpacked(opened, target.with_suffix(".unpacked.csv")) as path:
        query = report_query(opened, path)
        try:
            _refuse_unknown_costs(opened, path, engine)
            engine.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, ROW_GROUP_SIZE 61440)")
        except duckdb.Error as fault:
            # What cannot be written (its temporary name ends in the target's) is no fault of the delivered file.
            if isinstance(fault, duckdb.OutOfMemoryException) or f'{target.name}"' in str(fault):
                raise
            raise _unreadable(native, fault) from fault


def _refuse_unknown_costs(opened: NativeFile, path: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Refuse lines of commitments without the columns that give their effective cost; a file without them needs none.

    Raises:
        InvalidFocusFile: there are such lines.
    """
    missing = ReportColumns(native=opened).missing_by_kind()
    if not missing:
        return
    query = kinds_query(opened, path, tuple(missing))
    for (kind,) in engine.execute(query).fetchall():
        column = missing[kind]
        raise InvalidFocusFile(
            f"no column {column}, without which the effective cost of its lines of type {kind} is not known; nothing "
            "of this file was stored; export it again with that column under its own name",
            path=opened.origin,
            column=column,
        )


def read_report(native: Path) -> NativeReading:
    """Rows and unblended cost of a file, read by Arrow, each cost rounded half up to twelve decimals.

    Raises:
        InvalidFocusFile: it cannot be read to its end, or lacks a column without which a row is no charge.
    """
    opened = open_native(native)
    position = ReportColumns(native=opened).by_name["lineitemunblendedcost"].position
    rows, total = 0, Decimal(0)
    try:
        with localcontext() as context:
            context.prec = 80
            for cells in (
                _parquet_cells(native, position)
                if opened.is_parquet
                else _csv_cells(native, len(opened.columns), position)
            ):
                rows += len(cells)
                total += _sum_of(cells)
    except (pa.ArrowInvalid, OSError) as fault:
        raise _unreadable(native, fault) from fault
    return NativeReading(rows=rows, billed_cost=total)


def _unreadable(native: Path, fault: Exception) -> InvalidFocusFile:
    reason = str(fault).splitlines()[0] if str(fault) else repr(fault)
    return InvalidFocusFile(
        f"cannot be read to its end ({reason}); fetch or export it again; nothing of it was stored", path=native
    )


def _parquet_cells(path: Path, position: int) -> Iterator[pa.Array[Any]]:
    with pq.ParquetFile(path) as stored:
        # By position: Parquet's own lookup by name would take a nested field of that name as well.
        name = stored.schema_arrow.names[position]
        for batch in stored.iter_batches(batch_size=_PARQUET_ROWS, columns=[name]):
            yield batch.column(0)


def _csv_cells(path: Path, columns: int, position: int) -> Iterator[pa.Array[Any]]:
    names = [f"c{number}" for number in range(columns)]
    with (
        open_bytes(path) as stream,
        pa_csv.open_csv(
            stream,
            read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES, column_names=names, skip_rows=1),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                include_columns=[names[position]],
                column_types={names[position]: pa.string()},
                strings_can_be_null=False,
            ),
        ) as reader,
    ):
        for batch in reader:
            yield batch.column(0)


def _sum_of(cells: pa.Array[Any]) -> Decimal:
    try:
        amounts = pc.round(cells.cast(pa.string()).cast(_WIDE), DECIMAL_PLACES, "half_towards_infinity")
        readable = amounts.filter(pc.less(pc.abs(amounts), pa.scalar(_UNREADABLE_FROM, _WIDE)))
        total: Decimal | None = pc.sum(readable).as_py()
        return total or Decimal(0)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return sum((_read(cell) for cell in cells.to_pylist()), Decimal(0))


def _read(cell: Any) -> Decimal:
    """One cell; anything that is no finite number counts nothing, as it does where it is stored."""
    try:
        amount = Decimal(repr(cell) if isinstance(cell, float) else str(cell).strip())
    except InvalidOperation:
        return Decimal(0)
    if not amount.is_finite() or abs(amount) >= _UNREADABLE_FROM:
        return Decimal(0)
    return amount.quantize(_ONE_STEP, ROUND_HALF_UP)


COST_AND_USAGE_REPORT_2: Final = Dialect(
    name="aws_cur_2", version="1", suffixes=REPORT_SUFFIXES, translate=translate_report, read_natively=read_report
)
LEGACY_REPORT: Final = Dialect(
    name="aws_legacy_cur", version="1", suffixes=REPORT_SUFFIXES, translate=translate_report, read_natively=read_report
)
DIALECTS: Final = (COST_AND_USAGE_REPORT_2, LEGACY_REPORT)
"""The formats of AWS that are not FOCUS already."""
