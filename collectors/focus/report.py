"""What an ingest did, in numbers: rows, rejects, oddities, totals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from collectors.focus.dialect import NativeReading
from collectors.store.versions import CostByCurrency, PeriodVersion

EXAMPLE_COUNT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """One kind of oddity in one column, with the rows that have it.

    Attributes:
        code: its kind, for instance ``null_text``.
        column: the column, as FOCUS names it, or as the file does when FOCUS does not know it.
        meaning: what is odd and what was stored.
        rows: how many usable or rejected rows have it.
        examples: up to three, ``<file>:row <n>``, rows counted from 1 below the header.
        cost_affected: sum of BilledCost of those rows, by currency.
    """

    code: str
    column: str
    meaning: str
    rows: int
    examples: tuple[str, ...]
    cost_affected: CostByCurrency


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Rows of one delivery that cannot be used, for one reason, with their cost by currency."""

    reason: str
    meaning: str
    rows: int
    examples: tuple[str, ...]
    cost: CostByCurrency


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What one call of ``ingest_files`` did.

    ``unchanged`` says that nothing was written, because all of it was there already; rows, oddities and rejections are
    then those of the first time. ``replaced`` are the versions that readers saw before, for each one superseded.
    ``delivery`` is the fingerprint under which the ledger knows the call's files; ``native`` what a second, independent
    reading of them found.
    ``rows`` counts usable rows, so ``rows + rejected_rows`` is every row of the files.
    """

    versions: tuple[PeriodVersion, ...]
    replaced: tuple[PeriodVersion, ...]
    oddities: tuple[Oddity, ...]
    rejections: tuple[Rejection, ...]
    rows: int
    rejected_rows: int
    billed_cost: CostByCurrency
    effective_cost: CostByCurrency
    rejected_cost: CostByCurrency
    seconds: float
    unchanged: bool
    delivery: str
    native: NativeReading


def add_costs(costs: Iterable[CostByCurrency]) -> dict[str, Decimal]:
    """Sums by currency; currencies are never added to each other.

    >>> add_costs([{"USD": Decimal("1.5")}, {"EUR": Decimal(1), "USD": Decimal(2)}])
    {'EUR': Decimal('1'), 'USD': Decimal('3.5')}
    """
    totals: dict[str, Decimal] = {}
    for cost in costs:
        for currency, amount in cost.items():
            totals[currency] = totals.get(currency, Decimal(0)) + amount
    return dict(sorted(totals.items()))


def findings_to_json(oddities: Iterable[Oddity], rejections: Iterable[Rejection], native: NativeReading) -> str:
    """JSON text of oddities, rejections and the second reading, kept in the ledger with the delivery."""
    return json.dumps(
        {
            "native": {"rows": native.rows, "billed_cost": str(native.billed_cost)},
            "oddities": [
                {
                    "code": each.code,
                    "column": each.column,
                    "meaning": each.meaning,
                    "rows": each.rows,
                    "examples": each.examples,
                    "cost_affected": _texts(each.cost_affected),
                }
                for each in oddities
            ],
            "rejections": [
                {
                    "reason": each.reason,
                    "meaning": each.meaning,
                    "rows": each.rows,
                    "examples": each.examples,
                    "cost": _texts(each.cost),
                }
                for each in rejections
            ],
        }
    )


def findings_from_json(text: str) -> tuple[tuple[Oddity, ...], tuple[Rejection, ...], NativeReading]:
    """The inverse of ``findings_to_json``."""
    found: Mapping[str, Any] = json.loads(text)
    oddities = tuple(
        Oddity(
            **{
                **each,
                "examples": tuple(each["examples"]),
                "cost_affected": _amounts(each["cost_affected"]),
            }
        )
        for each in found["oddities"]
    )
    rejections = tuple(
        Rejection(**{**each, "examples": tuple(each["examples"]), "cost": _amounts(each["cost"])})
        for each in found["rejections"]
    )
    native = NativeReading(rows=found["native"]["rows"], billed_cost=Decimal(found["native"]["billed_cost"]))
    return oddities, rejections, native


def _texts(cost: CostByCurrency) -> dict[str, str]:
    return {currency: str(amount) for currency, amount in cost.items()}


def _amounts(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in texts.items()}
