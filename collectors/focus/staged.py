"""A bill that has been normalised into a staging file, and what its rows turned out to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from collectors.errors import InvalidFocusFile, RowsDisagree, TotalsDisagree
from collectors.focus.bill import Bill
from collectors.focus.checks import MASK_COLUMNS, MEANINGS, checks_of
from collectors.focus.dialect import NATIVE_ROW, NativeReading
from collectors.focus.findings import EXAMPLE_COUNT, Findings, Oddity, Rejection, add_costs
from collectors.focus.malformed import MALFORMED, write_malformed
from collectors.focus.normalise import BILLED_TEXT, CELLS, REASON, REASONS, normalising_query
from collectors.store.schema import PERIOD, SOURCE, X_COLUMNS
from collectors.store.sql import literal

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """Rows of one source, period, currency and fate: how many and what they cost."""

    source: str
    period: str
    currency: str
    reason: str | None
    rows: int
    billed_cost: Decimal
    effective_cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedBill:
    """A normalised bill: its staging file, its row groups, its broken lines (``reject_errors``), what is odd in it."""

    bill: Bill
    path: Path
    malformed_path: Path | None
    row_offset: int
    groups: tuple[RowGroup, ...]
    findings: Findings

    @property
    def input_rows(self) -> int:
        """Rows in the file, broken lines not counted."""
        return sum(group.rows for group in self.groups)


def stage_bill(
    bill: Bill,
    connection: duckdb.DuckDBPyConnection,
    *,
    source: str | None,
    row_offset: int,
    staging: Path,
    name: str,
    read_again: Callable[[], NativeReading],
) -> StagedBill:
    """Normalise a bill into ``staging`` and count what came out, while ``read_again`` counts what went in.

    Raises:
        InvalidFocusFile: the file cannot be read to its end.
        RowsDisagree, TotalsDisagree: the second, independent reading finds other rows or other money.
    """
    path = staging / f"{name}.parquet"
    with ThreadPoolExecutor(max_workers=1) as beside:
        second_reading = beside.submit(read_again)
        second_reading.add_done_callback(lambda done: connection.interrupt() if done.exception() else None)
        malformed_path = _normalise(bill, connection, second_reading, source=source, row_offset=row_offset, path=path)
        native = _result_of(second_reading, bill)
    relation = f"read_parquet({literal(str(path))}, file_row_number = true)"
    groups = _row_groups(connection, relation)
    oddities = (*_column_oddities(bill, groups), *_cell_oddities(bill, connection, relation))
    rejections = _rejections(bill, connection, relation, malformed_path)
    staged = StagedBill(
        bill=bill,
        path=path,
        malformed_path=malformed_path,
        row_offset=row_offset,
        groups=groups,
        findings=Findings(oddities=oddities, rejections=rejections, native=native),
    )
    _check_against(native, staged, connection, relation)
    return staged


def _check_against(
    native: NativeReading, staged: StagedBill, connection: duckdb.DuckDBPyConnection, relation: str
) -> None:
    """Exactly the rows and the money that the second reading found, not a digit of it more or less."""
    broken = [each for each in staged.findings.rejections if each.reason == MALFORMED]
    rows = staged.input_rows + sum(each.rows for each in broken)
    if NATIVE_ROW in staged.bill.extra:
        (rows,) = connection.execute(
            f"SELECT count(DISTINCT {X_COLUMNS}->>'{NATIVE_ROW}') FROM {relation}"
        ).fetchone() or (0,)
    if rows != native.rows:
        raise RowsDisagree(path=staged.bill.raw.origin, expected_rows=native.rows, found_rows=rows)
    found = sum((group.billed_cost for group in staged.groups), Decimal(0))
    found += sum((cost for each in broken for cost in each.cost.values()), Decimal(0))
    if found != native.billed_cost:
        raise TotalsDisagree(path=staged.bill.raw.origin, expected_cost=native.billed_cost, found_cost=found)


def _result_of(second_reading: Future[NativeReading], bill: Bill) -> NativeReading:
    try:
        return second_reading.result()
    except (pa.ArrowInvalid, OSError) as fault:
        raise InvalidFocusFile(
            f"cannot be read to its end a second time ({str(fault).splitlines()[0]}); fetch or export it again; "
            "nothing of it was stored",
            path=bill.raw.origin,
        ) from fault


def _normalise(
    bill: Bill,
    connection: duckdb.DuckDBPyConnection,
    second_reading: Future[NativeReading],
    *,
    source: str | None,
    row_offset: int,
    path: Path,
) -> Path | None:
    """Write the staging file; broken lines, looked for only when the plain reading meets one, go beside it."""
    target = f"TO {literal(str(path))} (FORMAT parquet, ROW_GROUP_SIZE 61440)"

    def copy(*, keep_malformed: bool) -> None:
        query = normalising_query(bill, source=source, row_offset=row_offset, keep_malformed=keep_malformed)
        connection.execute(f"COPY ({query}) {target}")

    try:
        try:
            copy(keep_malformed=False)
        except duckdb.InvalidInputException:
            if bill.delimiter is None:
                raise
            copy(keep_malformed=True)
        else:
            return None
    except duckdb.InterruptException:
        # Only the second reading interrupts, when it has found a reason to stop, and that is the one to tell.
        _result_of(second_reading, bill)
        raise
    except duckdb.Error as fault:
        if isinstance(fault, duckdb.OutOfMemoryException) or str(path.parent) in str(fault):
            raise
        raise InvalidFocusFile(
            f"cannot be read to its end ({str(fault).splitlines()[0]}); fetch or export it again; nothing of it was "
            "stored",
            path=bill.raw.origin,
        ) from fault
    return write_malformed(bill, connection, path.with_suffix(".malformed.parquet"))


def _row_groups(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[RowGroup, ...]:
    rows = connection.execute(
        f"SELECT {SOURCE}, coalesce({PERIOD}, '{UNKNOWN}'), coalesce(BillingCurrency, '{UNKNOWN}'), {REASON}, "
        "count(*), coalesce(sum(BilledCost), 0), coalesce(sum(EffectiveCost), 0) "
        f"FROM {relation} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return tuple(
        RowGroup(
            source=source,
            period=period,
            currency=currency,
            reason=reason,
            rows=count,
            billed_cost=billed,
            effective_cost=effective,
        )
        for source, period, currency, reason, count, billed, effective in rows
    )


def _column_oddities(bill: Bill, groups: tuple[RowGroup, ...]) -> list[Oddity]:
    rows = sum(group.rows for group in groups)
    cost = add_costs({group.currency: group.billed_cost} for group in groups)
    file = bill.raw.name
    found = [
        Oddity(
            code="unknown_column",
            column=name,
            meaning="a column that FOCUS does not define and whose name does not start with x_; kept in x_columns",
            rows=rows,
            examples=(f"{file}:header",),
            cost_affected=cost,
        )
        for name in bill.unknown_columns
    ]
    found.extend(
        Oddity(
            code="column_spelling",
            column=name,
            meaning=f"the file spells it {spelling!r}; stored under the FOCUS name",
            rows=rows,
            examples=(f"{file}:header",),
            cost_affected=cost,
        )
        for name, spelling in bill.respelled_columns.items()
    )
    return found


def _cell_oddities(bill: Bill, connection: duckdb.DuckDBPyConnection, relation: str) -> list[Oddity]:
    masks = ", ".join(MASK_COLUMNS)
    anything = " OR ".join(f"{name} <> 0" for name in MASK_COLUMNS)
    rows = connection.execute(
        f"SELECT {masks}, coalesce(BillingCurrency, '{UNKNOWN}'), count(*), coalesce(sum(BilledCost), 0), "
        f"min(file_row_number + 1, {EXAMPLE_COUNT}) FROM {relation} WHERE {anything} GROUP BY ALL"
    ).fetchall()
    counted: dict[tuple[str, str], list[tuple[int, dict[str, Decimal], list[int]]]] = {}
    for *bits, currency, count, cost, examples in rows:
        for check in checks_of(tuple(bits)):
            counted.setdefault((check.code, check.column), []).append((count, {currency: cost}, examples))
    return [
        Oddity(
            code=code,
            column=column,
            meaning=MEANINGS[code],
            rows=sum(count for count, _, _ in found),
            examples=_examples(bill, [row for _, _, examples in found for row in examples]),
            cost_affected=add_costs(cost for _, cost, _ in found),
        )
        for (code, column), found in sorted(counted.items())
    ]


def _rejections(
    bill: Bill, connection: duckdb.DuckDBPyConnection, relation: str, malformed_path: Path | None
) -> tuple[Rejection, ...]:
    rows: list[tuple[Any, ...]] = connection.execute(
        f"SELECT {REASON}, coalesce(BillingCurrency, '{UNKNOWN}'), count(*), coalesce(sum(BilledCost), 0), "
        f"min(file_row_number + 1, {EXAMPLE_COUNT}) FROM {relation} WHERE {REASON} IS NOT NULL "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    if malformed_path is not None:
        rows += connection.execute(
            f"SELECT '{MALFORMED}', coalesce(currency, '{UNKNOWN}'), count(*), coalesce(sum(billed_cost), 0), "
            f"min(row_number, {EXAMPLE_COUNT}) FROM read_parquet({literal(str(malformed_path))}) "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    by_reason: dict[str, list[tuple[int, Mapping[str, Decimal], list[int]]]] = {}
    for reason, currency, count, cost, examples in rows:
        by_reason.setdefault(reason, []).append((count, {currency: cost}, examples))
    return tuple(
        Rejection(
            reason=reason,
            meaning=REASONS[reason],
            rows=sum(count for count, _, _ in found),
            examples=_examples(
                bill, [row for _, _, examples in found for row in examples], in_lines=reason == MALFORMED
            ),
            cost=add_costs(cost for _, cost, _ in found),
        )
        for reason, found in by_reason.items()
    )


def _examples(bill: Bill, rows: list[int], *, in_lines: bool = False) -> tuple[str, ...]:
    """``<file>:row <n>``, rows counted from 1 below the header; ``<file>:line <n>`` where a line is no row."""
    unit = "line" if in_lines else "row"
    return tuple(f"{bill.raw.name}:{unit} {number}" for number in sorted(rows)[:EXAMPLE_COUNT])


def reject_query(staged: StagedBill, condition: str) -> str:
    """SQL of the rejected rows of a staged bill that meet ``condition``, in the stored form of rejects."""
    return (
        f"SELECT {SOURCE}, {PERIOD}, {literal(staged.bill.raw.sha256)} AS file, "
        f"{staged.row_offset} + file_row_number + 1 AS row_number, {REASON} AS reason, BillingCurrency AS currency, "
        f"BilledCost AS billed_cost, {BILLED_TEXT} AS billed_cost_text, {CELLS} AS cells "
        f"FROM read_parquet({literal(str(staged.path))}, file_row_number = true) "
        f"WHERE {REASON} IS NOT NULL AND {condition}"
    )
