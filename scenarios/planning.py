"""From planning inputs to a verified plan: generate, compile, solve, verify, price the rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.candidates import CandidateSet, generate_candidates
from optimizer.explain.alternatives import alternatives_of
from optimizer.explain.explanation import rejections_of
from optimizer.explain.feasibility import gaps_today
from optimizer.explain.infeasible import InfeasibilityExplained, explain_infeasible
from optimizer.explain.ledger import Ledger, build_ledger
from optimizer.explain.relaxations import demands_of
from optimizer.explain.rule_prices import RULE_PRICE_GAP_RATIO, RulePrice, price_rules
from optimizer.explain.statements import Statements
from optimizer.plan import Infeasible, NotSolved, Outcome, Plan, Solved
from optimizer.problem.from_candidates import build_problem
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.solve import Limits, solve
from optimizer.verify import Refuted, VerifiedPlan, verify
from scenarios.errors import RefutedPlan
from scenarios.inputs import PlanningInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to try. Rules are priced within ``rule_price_seconds`` of solver time in all; 0 prices none."""

    limits: Limits
    seed: int = 0
    rule_price_seconds: float = 0.0
    rule_price_seconds_each: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """A verified plan with what a comparison needs."""

    inputs: PlanningInputs
    candidates: CandidateSet
    problem: Problem
    solved: Solved
    verified: VerifiedPlan
    ledger: Ledger
    rule_prices: tuple[RulePrice, ...]
    gaps_today: tuple[Violation, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NotPlanned:
    """No plan: the rules clash (``clash`` says which) or nothing was found in time (``clash`` is None)."""

    inputs: PlanningInputs
    candidates: CandidateSet
    problem: Problem
    outcome: Infeasible | NotSolved
    clash: InfeasibilityExplained | None


PlanningOutcome = Planned | NotPlanned


def plan(inputs: PlanningInputs, *, effort: Effort) -> PlanningOutcome:
    """Plan these inputs.

    Raises:
        RefutedPlan: the solver's answer does not stand up to the verifier, which is a defect of the product.
        OptimizerError: the inputs contradict each other or a price that is needed is missing.
    """
    candidates = generate_candidates(
        inputs.estate, inputs.prices, inputs.policy, contracted_ratio=inputs.contracted_ratio
    )
    problem = build_problem(inputs.estate, candidates, inputs.policy, inputs.prices)
    outcome = solve(problem, limits=effort.limits, seed=effort.seed)
    if not isinstance(outcome, Solved):
        clash = explain_infeasible(problem, outcome, policy=inputs.policy) if isinstance(outcome, Infeasible) else None
        return NotPlanned(inputs=inputs, candidates=candidates, problem=problem, outcome=outcome, clash=clash)
    verified = verify(
        problem,
        outcome.plan,
        claimed_objective_micro_usd=outcome.costs.objective_micro_usd,
        lower_bound_micro_usd=outcome.lower_bound_micro_usd,
    )
    if isinstance(verified, Refuted):
        raise RefutedPlan(f"the verifier refutes the solver's plan: {'; '.join(verified.faults)}")
    return Planned(
        inputs=inputs,
        candidates=candidates,
        problem=problem,
        solved=outcome,
        verified=verified,
        ledger=build_ledger(problem, outcome.plan),
        rule_prices=_rule_prices(problem, outcome, inputs, candidates, effort),
        gaps_today=gaps_today(problem),
    )


def _rule_prices(
    problem: Problem, solved: Solved, inputs: PlanningInputs, candidates: CandidateSet, effort: Effort
) -> tuple[RulePrice, ...]:
    added = tuple(candidates.node_ids[node] for node in np.flatnonzero(problem.node_current < 0).tolist())
    demands = demands_of(problem, Statements.of(inputs.policy), added_copies=added)

    def resolve(relaxed: Problem, start: Plan, seconds: float) -> Outcome:
        gap_ratio = min(effort.limits.gap_ratio, RULE_PRICE_GAP_RATIO)
        limits = Limits(time_limit_seconds=seconds, gap_ratio=gap_ratio)
        return solve(relaxed, limits=limits, seed=effort.seed, start=start, row_prices=solved.row_prices)

    return price_rules(
        problem,
        solved,
        demands,
        rejections=rejections_of(alternatives_of(problem, solved.plan), demands),
        resolve=resolve,
        total_seconds=effort.rule_price_seconds,
        seconds_each=effort.rule_price_seconds_each,
    )
