"""Cost terms, one module each, two readings each: what the model is told and what a plan costs, line by line."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from optimizer.costs import compute, requests, retrieval, storage, unitemised
from optimizer.costs.egress import Egress
from optimizer.costs.footprint import Footprint
from optimizer.costs.migration import Migration
from optimizer.costs.term import Term, TermLines
from optimizer.plan import Plan, PlanCosts
from optimizer.problem.problem import Problem

TERMS: Final[tuple[Term, ...]] = (
    compute.TERM,
    storage.TERM,
    requests.TERM,
    retrieval.TERM,
    unitemised.TERM,
    Egress(),
    Footprint(),
    Migration(),
)


def ledger_lines(problem: Problem, plan: Plan) -> tuple[TermLines, ...]:
    """Every cost of a plan, itemised, in the order of ``TERMS``; the totals add up to the objective."""
    return tuple(term.lines(problem, plan) for term in TERMS)


def plan_costs(problem: Problem, plan: Plan) -> PlanCosts:
    """The four sums of the published format, exact."""
    totals = {lines.term: lines.total_micro_usd for lines in ledger_lines(problem, plan)}
    flows, footprint, migration = (totals.pop(name) for name in ("egress", "footprint", "migration"))
    return PlanCosts(
        options_micro_usd=sum(totals.values(), Decimal(0)),
        flows_micro_usd=flows,
        open_micro_usd=footprint,
        one_off_per_month_micro_usd=migration,
    )
