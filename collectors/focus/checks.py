"""What can be odd about a row that is usable all the same: one check per kind and column, each with a bit of its own.

A check is a SQL condition over readings of each column: ``seen_<Column>``, the cell as the file holds it; the column
itself, the cell after normalisation; and, where FOCUS lists what is allowed, ``allowed_<Column>``, the value meant or
NULL. The position of a check in ``CHECKS`` is its bit, so the order is part of the stored format: append only, and
raise ``NORMALISER_VERSION`` with any change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from collectors.focus.bill import Bill
from collectors.focus.values import ALLOWED_VALUES, NULL_TEXTS
from collectors.store.schema import COLUMNS, Column, Kind, Level
from collectors.store.sql import literal

BITS_PER_MASK: Final = 60
REGION_COLUMNS: Final = ("AvailabilityZone", "RegionId", "RegionName")
COST_COLUMNS: Final = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
UNIT_PRICE_COLUMNS: Final = (
    "ContractedUnitPrice",
    "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyListUnitPrice",
)
NULL_TEXT_LIST: Final = ", ".join(literal(text) for text in NULL_TEXTS)

MEANINGS: Final = {
    "null_text": "the word NULL stands where the cell should be empty; stored as empty",
    "not_a_number": "the cell is not a decimal number; stored as empty",
    "not_a_time": "the cell is not a date and time; stored as empty",
    "value_casing": "the value is an allowed one in another spelling; stored as the specification spells it",
    "unknown_value": "the value is not one that FOCUS allows; stored as it is",
    "empty_required": "the cell is empty and FOCUS requires a value; stored as empty",
    "shifted_cell": "a number stands where a place should be, so cells have slipped sideways; stored as empty",
    "negative_unit_price": "a unit price below zero, which FOCUS forbids; stored as it is",
    "negative_quantity": "a usage row that is no correction with a quantity below zero; stored as it is",
    "period_reversed": "the period ends before it starts; stored as it is",
    "invalid_json": "the cell is not JSON; stored as it is",
    "rounded_cost": "a whole number beside a BilledCost that is none, without a commitment: the exporter rounded it; "
    "stored as it is",
    "mangled_arn": "an ARN of no AWS partition; stored as it is",
    "excess_decimals": "more than twelve decimals; stored rounded to twelve",
    "list_cost_differs": "ListCost is not ListUnitPrice x PricingQuantity; stored as it is",
    "contracted_cost_differs": "ContractedCost is not ContractedUnitPrice x PricingQuantity; stored as it is",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that can be odd about one column.

    ``condition`` gives the SQL for a bill, or None when the bill cannot show it (the column is absent or typed).
    """

    code: str
    column: str
    condition: Callable[[Bill], str | None]


def _needs(column: str, sql: str, *others: str) -> Callable[[Bill], str | None]:
    return lambda bill: sql if all(name in bill.cells for name in (column, *others)) else None


def _text_only(column: str, sql: str) -> Callable[[Bill], str | None]:
    return lambda bill: sql if bill.cells.get(column) in bill.text_columns else None


def _filled(column: str) -> str:
    return f"seen_{column} <> '' AND seen_{column} NOT IN ({NULL_TEXT_LIST})"


def _null_text(column: Column) -> str:
    """Only the word NULL makes text empty that was not; elsewhere, what cannot be read is empty as well."""
    name = column.name
    if column.kind in (Kind.DECIMAL, Kind.TIME) or name in REGION_COLUMNS:
        # The first half settles almost every row, which makes this six times cheaper.
        return f"{name} IS NULL AND seen_{name} IN ({NULL_TEXT_LIST})"
    return f"{name} IS NULL AND seen_{name} <> ''"


def _unreadable(column: str) -> Callable[[Bill], str | None]:
    def condition(bill: Bill) -> str | None:
        found = bill.cells.get(column)
        if found is None:
            return None
        filled = _filled(column) if found in bill.text_columns else f"seen_{column} IS NOT NULL"
        return f"{column} IS NULL AND {filled}"

    return condition


def _differs(cost: str, unit_price: str) -> str:
    """Costs off by more than a cent and more than 1 %, in doubles: a product of two decimals may overflow."""
    expected = f"{unit_price}::DOUBLE * PricingQuantity::DOUBLE"
    return (
        f"abs({cost}::DOUBLE - {expected}) > greatest(0.01, 0.01 * abs({cost}::DOUBLE)) "
        "AND ChargeClass IS DISTINCT FROM 'Correction'"
    )


def _rounded(cost: str) -> str:
    return (
        f"{cost} <> BilledCost AND ChargeCategory = 'Usage' AND CommitmentDiscountId IS NULL "
        f"AND abs({cost} - BilledCost) < 1 AND {cost} = round({cost}, 0) AND BilledCost <> round(BilledCost, 0)"
    )


def _excess(column: str) -> str:
    """Most cells are settled by their length; only the rest are parsed again with more decimals."""
    return (
        f"length(seen_{column}) > 13 AND (length(seen_{column}) - strpos(seen_{column}, '.') > 12) "
        f"AND strpos(seen_{column}, '.') > 0 AND TRY_CAST(seen_{column} AS DECIMAL(38, 20)) <> {column}"
    )


def _all_checks() -> tuple[Check, ...]:
    checks: list[Check] = []

    def add(code: str, column: str, condition: Callable[[Bill], str | None]) -> None:
        checks.append(Check(code=code, column=column, condition=condition))

    for column in COLUMNS:
        name = column.name
        add("null_text", name, _text_only(name, _null_text(column)))
        if column.kind is Kind.DECIMAL:
            add("not_a_number", name, _unreadable(name))
        if column.kind is Kind.TIME:
            add("not_a_time", name, _unreadable(name))
        if column.kind is Kind.JSON:
            add("invalid_json", name, _text_only(name, f"NOT json_valid({name})"))
        if not column.nullable and column.level is Level.MANDATORY:
            add("empty_required", name, _needs(name, f"{name} IS NULL"))
    for name in ALLOWED_VALUES:
        add("value_casing", name, _text_only(name, f"seen_{name} <> {name}"))
        add("unknown_value", name, _needs(name, f"{name} IS NOT NULL AND allowed_{name} IS NULL"))
    add("value_casing", "BillingCurrency", _text_only("BillingCurrency", "seen_BillingCurrency <> BillingCurrency"))
    for name in REGION_COLUMNS:
        add("shifted_cell", name, _text_only(name, f"{name} IS NULL AND {_filled(name)}"))
    for name in UNIT_PRICE_COLUMNS:
        add("negative_unit_price", name, _needs(name, f"{name} < 0"))
    for name in ("PricingQuantity", "ConsumedQuantity"):
        add(
            "negative_quantity",
            name,
            _needs(name, f"{name} < 0 AND ChargeCategory = 'Usage' AND ChargeClass IS NULL"),
        )
    add("period_reversed", "BillingPeriodEnd", _needs("BillingPeriodEnd", "BillingPeriodEnd <= BillingPeriodStart"))
    add("period_reversed", "ChargePeriodEnd", _needs("ChargePeriodEnd", "ChargePeriodEnd < ChargePeriodStart"))
    for name in ("ContractedCost", "EffectiveCost"):
        add("rounded_cost", name, _needs(name, _rounded(name)))
    add("mangled_arn", "ResourceId", _needs("ResourceId", "ResourceId LIKE 'arn:%' AND ResourceId NOT LIKE 'arn:aws%'"))
    for name in COST_COLUMNS:
        add("excess_decimals", name, _text_only(name, _excess(name)))
    add("list_cost_differs", "ListCost", _needs("ListUnitPrice", _differs("ListCost", "ListUnitPrice")))
    add(
        "contracted_cost_differs",
        "ContractedCost",
        _needs("ContractedUnitPrice", _differs("ContractedCost", "ContractedUnitPrice")),
    )
    return tuple(checks)


CHECKS: Final = _all_checks()
MASK_COLUMNS: Final = tuple(f"_odd_{position}" for position in range(-(-len(CHECKS) // BITS_PER_MASK)))


def mask_expressions(bill: Bill) -> tuple[str, ...]:
    """SQL of each mask column: the sum of the bits of the conditions that hold, or 0."""
    terms: list[list[str]] = [[] for _ in MASK_COLUMNS]
    for position, check in enumerate(CHECKS):
        condition = check.condition(bill)
        if condition is not None:
            bit = 1 << (position % BITS_PER_MASK)
            terms[position // BITS_PER_MASK].append(f"CASE WHEN {condition} THEN {bit}::BIGINT ELSE 0 END")
    return tuple(" + ".join(group) if group else "0::BIGINT" for group in terms)


def checks_of(masks: tuple[int, ...]) -> tuple[Check, ...]:
    """The checks whose bits are set in the mask columns' values."""
    return tuple(
        check
        for position, check in enumerate(CHECKS)
        if masks[position // BITS_PER_MASK] >> (position % BITS_PER_MASK) & 1
    )
