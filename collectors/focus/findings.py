"""What was found in bills beside their usable rows: oddities, rejections, and what a second reading counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from collectors.focus.dialect import NativeReading
from collectors.store.versions import CostByCurrency

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
class Findings:
    """What was found in the files of one delivery; the ledger keeps it with the delivery as JSON text."""

    oddities: tuple[Oddity, ...]
    rejections: tuple[Rejection, ...]
    native: NativeReading

    @classmethod
    def together(cls, found: Sequence[Findings]) -> Findings:
        """Those of several files: one oddity per kind and column, one rejection per reason, the readings added."""
        return cls(
            oddities=_merge_oddities(oddity for each in found for oddity in each.oddities),
            rejections=_merge_rejections(rejection for each in found for rejection in each.rejections),
            native=NativeReading(
                rows=sum(each.native.rows for each in found),
                billed_cost=sum((each.native.billed_cost for each in found), Decimal(0)),
            ),
        )

    def to_json(self) -> str:
        """JSON text of it; money as strings, exactly."""
        return json.dumps(
            {
                "native": {"rows": self.native.rows, "billed_cost": str(self.native.billed_cost)},
                "oddities": [
                    {
                        "code": each.code,
                        "column": each.column,
                        "meaning": each.meaning,
                        "rows": each.rows,
                        "examples": each.examples,
                        "cost_affected": _texts(each.cost_affected),
                    }
                    for each in self.oddities
                ],
                "rejections": [
                    {
                        "reason": each.reason,
                        "meaning": each.meaning,
                        "rows": each.rows,
                        "examples": each.examples,
                        "cost": _texts(each.cost),
                    }
                    for each in self.rejections
                ],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Findings:
        """The inverse of ``to_json``."""
        found: Mapping[str, Any] = json.loads(text)
        oddities = tuple(
            Oddity(
                **{**each, "examples": tuple(each["examples"]), "cost_affected": _amounts(each["cost_affected"])},
            )
            for each in found["oddities"]
        )
        rejections = tuple(
            Rejection(**{**each, "examples": tuple(each["examples"]), "cost": _amounts(each["cost"])})
            for each in found["rejections"]
        )
        native = NativeReading(rows=found["native"]["rows"], billed_cost=Decimal(found["native"]["billed_cost"]))
        return cls(oddities=oddities, rejections=rejections, native=native)


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


def _merge_oddities(found: Iterable[Oddity]) -> tuple[Oddity, ...]:
    groups: dict[tuple[str, str], list[Oddity]] = {}
    for each in found:
        groups.setdefault((each.code, each.column), []).append(each)
    return tuple(
        Oddity(
            code=code,
            column=column,
            meaning=same[0].meaning,
            rows=sum(each.rows for each in same),
            examples=tuple(example for each in same for example in each.examples)[:EXAMPLE_COUNT],
            cost_affected=add_costs(each.cost_affected for each in same),
        )
        for (code, column), same in sorted(groups.items())
    )


def _merge_rejections(found: Iterable[Rejection]) -> tuple[Rejection, ...]:
    groups: dict[str, list[Rejection]] = {}
    for each in found:
        groups.setdefault(each.reason, []).append(each)
    return tuple(
        Rejection(
            reason=reason,
            meaning=same[0].meaning,
            rows=sum(each.rows for each in same),
            examples=tuple(example for each in same for example in each.examples)[:EXAMPLE_COUNT],
            cost=add_costs(each.cost for each in same),
        )
        for reason, same in sorted(groups.items())
    )


def _texts(cost: CostByCurrency) -> dict[str, str]:
    return {currency: str(amount) for currency, amount in cost.items()}


def _amounts(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in texts.items()}
