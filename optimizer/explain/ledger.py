"""The ledger: what the plan costs and what today costs, term by term, both exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from optimizer.costs import ledger_lines
from optimizer.costs.term import TermLines
from optimizer.plan import Plan
from optimizer.problem.problem import Problem

ONE_OFF_TERM: Final = "migration"
"""The term that spreads one-off costs over the horizon: part of the objective, not of any month's bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One term before and after, in micro-USD a month, exact."""

    term: str
    is_recurring: bool
    today_micro_usd: Decimal
    plan_micro_usd: Decimal

    @property
    def difference_micro_usd(self) -> Decimal:
        """Plan less today: negative is a saving."""
        return self.plan_micro_usd - self.today_micro_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All terms in the order of ``TERMS``. The plan side adds up to the objective."""

    lines: tuple[LedgerLine, ...]

    @property
    def objective_micro_usd(self) -> Decimal:
        """What the plan was chosen to minimise: every line, one-off costs spread over the horizon included."""
        return sum((line.plan_micro_usd for line in self.lines), Decimal(0))

    @property
    def baseline_monthly_micro_usd(self) -> int:
        """What today costs a month: recurring lines, each rounded to whole micro-USD."""
        return sum(whole(line.today_micro_usd) for line in self.lines if line.is_recurring)

    @property
    def plan_monthly_micro_usd(self) -> int:
        """What the plan costs a month once it is in place: recurring lines, each rounded to whole micro-USD."""
        return sum(whole(line.plan_micro_usd) for line in self.lines if line.is_recurring)

    @property
    def saving_monthly_micro_usd(self) -> int:
        """Baseline less plan; recommendations' contributions add up to exactly this."""
        return self.baseline_monthly_micro_usd - self.plan_monthly_micro_usd


def build_ledger(problem: Problem, plan: Plan) -> Ledger:
    """Every term of ``plan`` beside every term of today (``Plan.stay``)."""
    today = {lines.term: lines for lines in ledger_lines(problem, Plan.stay(problem))}
    return Ledger(
        lines=tuple(
            LedgerLine(
                term=lines.term,
                is_recurring=is_recurring(lines),
                today_micro_usd=today[lines.term].total_micro_usd,
                plan_micro_usd=lines.total_micro_usd,
            )
            for lines in ledger_lines(problem, plan)
        )
    )


def is_recurring(lines: TermLines) -> bool:
    """Whether a term is paid every month, unlike one-off costs."""
    return lines.term != ONE_OFF_TERM


def whole(amount_micro_usd: Decimal) -> int:
    """Nearest whole micro-USD, ties to even."""
    return int(amount_micro_usd.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
