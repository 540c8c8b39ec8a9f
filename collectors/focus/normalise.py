"""The one SQL query that turns a bill's rows into stored rows: names of 1.4, exact money, UTC, oddities, rejects."""

from __future__ import annotations

from typing import Final

from collectors.focus.bill import Bill
from collectors.focus.checks import MASK_COLUMNS, NULL_TEXT_LIST, REGION_COLUMNS, mask_expressions
from collectors.focus.dialect import Dialect
from collectors.focus.values import ALLOWED_VALUES, CURRENCIES
from collectors.store.schema import COLUMNS, DECIMAL_SQL, PERIOD, SOURCE, X_COLUMNS, Column, Kind
from collectors.store.sql import identifier, literal
from collectors.store.views import ROW_OFFSET

NORMALISER_VERSION: Final = "2"
"""Changed with whatever comes out of ``normalising_query``; bills stored by an older one are read again from raw."""

_EXACT_COSTS: Final = ("BilledCost", "EffectiveCost")
REASON: Final = "_reject_reason"
CELLS: Final = "_reject_cells"
BILLED_TEXT: Final = "_billed_text"
WORK_COLUMNS: Final = (REASON, CELLS, BILLED_TEXT)

REASONS: Final = {
    "no_billed_cost": "BilledCost is empty or not a number",
    "no_billing_period": "BillingPeriodStart is empty, not a time, or outside the years 2000 to 2099",
    "no_currency": "BillingCurrency is empty",
    "unknown_currency": "BillingCurrency is not an ISO 4217 code",
    "malformed_line": "the line has more or fewer cells than the header, or is not UTF-8 text",
}

_PROVIDERS: Final = {
    "aws": ("aws", "amazon web services", "amazon", "amazon web services, inc."),
    "azure": ("microsoft", "azure", "microsoft azure"),
    "gcp": ("google cloud", "google", "gcp", "google cloud platform"),
    "oci": ("oracle", "oci", "oracle cloud", "oracle cloud infrastructure"),
}


def _provider_sql() -> str:
    provider = "lower(trim(ServiceProviderName))"
    known = " ".join(
        f"WHEN {provider} IN ({', '.join(literal(name) for name in names)}) THEN {literal(short)}"
        for short, names in _PROVIDERS.items()
    )
    return f"coalesce(CASE {known} ELSE {provider} END, 'unknown')"


PROVIDER_SQL: Final = _provider_sql()
"""SQL of who sells a row, as one short name however the vendor spells itself: ``aws``, ``azure``, ``gcp``, ..."""


def normaliser_of(dialect: Dialect) -> str:
    """What turns files of a dialect into stored rows, as one version."""
    return f"{NORMALISER_VERSION}+{dialect.name}:{dialect.version}"


def normalising_query(bill: Bill, *, source: str | None, row_offset: int, keep_malformed: bool) -> str:
    """SQL that yields one row per row of the bill, in the bill's order: the stored columns and ``WORK_COLUMNS``.

    A row with a reason in ``_reject_reason`` cannot be used; ``_reject_cells`` then holds its cells as JSON.

    Args:
        bill: the file.
        source: name of the source of every row, or None to take it from provider and billing account.
        row_offset: rows of the same delivery before this file.
        keep_malformed: whether broken lines of a CSV are set aside instead of failing the query.
    """
    # The file's own names may clash with ours, so its cells are numbered; they become JSON only for rejected rows.
    numbered = [f"{identifier(name)} AS cell_{position}" for position, name in enumerate(bill.header)]
    cells = ", ".join(f"{literal(name)}, cell_{position}" for position, name in enumerate(bill.header))
    seen = [f"{identifier(found)} AS seen_{name}" for name, found in bill.cells.items()]
    extra = f"{_extra_object(bill)} AS {X_COLUMNS}"
    listed = [name for name in ALLOWED_VALUES if name in bill.cells]
    texts = [f"{_text(identifier(bill.cells[name]), bill.cells[name], bill)} AS text_{name}" for name in listed]
    allowed = "".join(f", {_allowed(f'text_{name}', ALLOWED_VALUES[name])} AS allowed_{name}" for name in listed)
    normalised = ", ".join(f"{_normal(column, bill)} AS {column.name}" for column in COLUMNS)
    masks = ", ".join(f"{sql} AS {name}" for name, sql in zip(MASK_COLUMNS, mask_expressions(bill), strict=True))
    stored = ", ".join(column.name for column in COLUMNS)
    relation = bill.relation(keep_malformed=keep_malformed)
    return (
        f"WITH cells AS (SELECT {', '.join([*numbered, *seen, *texts, extra])} FROM {relation}), "
        f"listed AS (SELECT *{allowed} FROM cells), "
        f"normal AS (SELECT *, {normalised} FROM listed), "
        f"judged AS (SELECT *, {_reason()} AS {REASON} FROM normal) "
        f"SELECT {stored}, {X_COLUMNS}, {_source(source)} AS {SOURCE}, "
        f"strftime(BillingPeriodStart, '%Y-%m') AS {PERIOD}, {row_offset}::BIGINT AS {ROW_OFFSET}, {masks}, "
        f"{REASON}, CASE WHEN {REASON} IS NOT NULL THEN json_object({cells})::VARCHAR END AS {CELLS}, "
        f"CASE WHEN {REASON} IS NOT NULL THEN seen_BilledCost::VARCHAR END AS {BILLED_TEXT} FROM judged"
    )


def _normal(column: Column, bill: Bill) -> str:
    found = bill.cells.get(column.name)
    if found is None:
        return f"CAST(NULL AS {column.sql_type})"
    seen = f"seen_{column.name}"
    is_text = found in bill.text_columns
    if column.kind is Kind.DECIMAL:
        # A double becomes the decimal that names it; DuckDB's own cast multiplies in doubles and is off at the end.
        is_double = column.name in _EXACT_COSTS and not is_text and found in bill.double_columns
        return f"TRY_CAST({f'CAST({seen} AS VARCHAR)' if is_double else seen} AS {DECIMAL_SQL})"
    if column.kind is Kind.TIME:
        return _utc(seen, is_text=is_text)
    if column.name in ALLOWED_VALUES:
        return f"coalesce(allowed_{column.name}, text_{column.name})"
    text = _text(seen, found, bill)
    if found in bill.nested_columns:
        return text
    if column.name in REGION_COLUMNS:
        return f"CASE WHEN TRY_CAST({seen} AS DOUBLE) IS NULL THEN {text} END"
    if column.name == "BillingCurrency":
        return f"upper(trim({text}))"
    return text


def _text(cell: str, found: str, bill: Bill) -> str:
    """The cell of the file's column ``found`` as text, NULL when it is empty or says so in words."""
    if found in bill.nested_columns:
        return f"CAST(to_json({cell}) AS VARCHAR)"
    text = cell if found in bill.text_columns else f"CAST({cell} AS VARCHAR)"
    return f"CASE WHEN {text} <> '' AND {text} NOT IN ({NULL_TEXT_LIST}) THEN {text} END"


def _utc(seen: str, *, is_text: bool) -> str:
    """UTC by the specification when no zone is given, else converted; the zone-less reading is much the faster."""
    zoned = f"CAST(TRY_CAST({seen} AS TIMESTAMPTZ) AS TIMESTAMP)"
    if not is_text:
        return zoned
    no_offset = f"length({seen}) BETWEEN 19 AND 20 AND substr({seen}, 17, 1) = ':'"
    return f"CASE WHEN {no_offset} THEN TRY_CAST({seen} AS TIMESTAMP) ELSE {zoned} END"


def _allowed(text: str, allowed: tuple[str, ...]) -> str:
    """The allowed value that the text equals apart from letter case and outer blanks, else NULL."""
    exact = ", ".join(literal(value) for value in allowed)
    folded = " ".join(f"WHEN {literal(value.lower())} THEN {literal(value)}" for value in allowed)
    return f"CASE WHEN {text} IN ({exact}) THEN {text} ELSE CASE lower(trim({text})) {folded} END END"


def _extra_object(bill: Bill) -> str:
    if not bill.extra:
        return "CAST(NULL AS VARCHAR)"
    pairs = ", ".join(f"{literal(name.strip())}, {identifier(name)}" for name in bill.extra)
    return f"CAST(json_object({pairs}) AS VARCHAR)"


def _reason() -> str:
    currencies = ", ".join(literal(code) for code in sorted(CURRENCIES))
    return (
        "CASE WHEN BilledCost IS NULL THEN 'no_billed_cost' "
        "WHEN BillingPeriodStart IS NULL OR year(BillingPeriodStart) NOT BETWEEN 2000 AND 2099 "
        "THEN 'no_billing_period' "
        "WHEN BillingCurrency IS NULL THEN 'no_currency' "
        f"WHEN BillingCurrency NOT IN ({currencies}) THEN 'unknown_currency' END"
    )


def _source(source: str | None) -> str:
    if source is not None:
        return literal(source)
    return f"{PROVIDER_SQL} || ':' || coalesce(BillingAccountId, 'unknown')"
