"""Problem in, outcome out: compile, solve, check, or say which rules clash."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from optimizer.model.compile import compile_model
from optimizer.model.placement_model import PlacementModel
from optimizer.plan import Infeasible, NotSolved, Outcome, Plan, Solved, SolverFacts, StoppedBy
from optimizer.problem.problem import Problem
from optimizer.solve.exact import RawAnswer, Solver, solve_exactly
from optimizer.solve.infeasibility import find_conflict
from optimizer.solve.limits import Clock, Limits, Progress, ProgressCallback
from optimizer.verify import VerifiedPlan, verify

__all__ = ["Limits", "Progress", "Solver", "solve"]

ROW_SLACK_RATIO = 1e-5
PROOF_RATIO = 1e-9
"""HiGHS proves in floating point: every bound is lowered by this share of the cost, so that none is ever too high."""
CONFLICT_SECONDS = 60.0


def solve(
    problem: Problem,
    *,
    limits: Limits | None = None,
    seed: int = 0,
    start: Plan | None = None,
    solver: Solver = solve_exactly,
    on_progress: ProgressCallback | None = None,
    clock: Clock = time.perf_counter,
    cpu_clock: Clock = time.process_time,
) -> Outcome:
    """The cheapest plan of a problem within the limits, with a proved lower bound.

    ``start`` is a plan to fall back on (last night's, or staying): it is returned when nothing cheaper is found.
    """
    limits = limits or Limits()
    watch = _Watch(clock, cpu_clock, on_progress)
    model = compile_model(problem)
    watch.say("compiled")
    if _some_node_has_too_few(model):
        return _infeasible(problem, limits, seed, watch)
    answer = solver(model, limits=limits, seed=seed, clock=clock)
    if answer.verdict == "infeasible":
        return _infeasible(problem, limits, seed, watch)
    best = _cheapest_valid(problem, [_plan(answer), start, Plan.stay(problem)])
    if best is None and answer.chosen is not None:
        answer, best = _solve_tightened(problem, model, answer, limits, seed, solver, watch)
    bound = _safe_bound(answer.bound_usd, best)
    if best is None:
        reason = f"no plan found within {limits.time_limit_seconds:g} s; allow more time"
        return NotSolved(reason=reason, lower_bound_micro_usd=bound, facts=watch.facts(answer.method, "time"))
    watch.say("solved", best.costs.objective_micro_usd, bound)
    stopped_by: StoppedBy = "time" if answer.verdict != "optimal" else "proved" if not limits.gap_ratio else "gap"
    return Solved(
        plan=best.plan,
        costs=best.costs,
        lower_bound_micro_usd=bound if bound is not None else Decimal("-Infinity"),
        facts=watch.facts(answer.method, stopped_by),
    )


class _Watch:
    def __init__(self, clock: Clock, cpu_clock: Clock, on_progress: ProgressCallback | None) -> None:
        self.clock = clock
        self._cpu_clock = cpu_clock
        self._began = clock()
        self._cpu_began = cpu_clock()
        self._on_progress = on_progress

    def seconds(self) -> float:
        return self.clock() - self._began

    def say(self, stage: str, best: Decimal | None = None, bound: Decimal | None = None) -> None:
        if self._on_progress is not None:
            self._on_progress(
                Progress(stage=stage, seconds=self.seconds(), best_micro_usd=best, lower_bound_micro_usd=bound)
            )

    def facts(self, method: str, stopped_by: StoppedBy) -> SolverFacts:
        cpu_seconds = self._cpu_clock() - self._cpu_began
        return SolverFacts(method=method, seconds=self.seconds(), cpu_seconds=cpu_seconds, stopped_by=stopped_by)


def _some_node_has_too_few(model: PlacementModel) -> bool:
    available = np.bincount(model.option_node[model.admissible], minlength=model.node_count)
    return bool((available < model.node_take).any())


def _plan(answer: RawAnswer) -> Plan | None:
    return None if answer.chosen is None else Plan(chosen=answer.chosen)


def _cheapest_valid(problem: Problem, plans: Sequence[Plan | None]) -> VerifiedPlan | None:
    """The cheapest of the plans that keep every rule, costs recomputed from the choices."""
    checked = (verify(problem, plan) for plan in plans if plan is not None)
    valid = [plan for plan in checked if isinstance(plan, VerifiedPlan)]
    return min(valid, key=lambda plan: plan.costs.objective_micro_usd, default=None)


def _solve_tightened(
    problem: Problem,
    model: PlacementModel,
    loose: RawAnswer,
    limits: Limits,
    seed: int,
    solver: Solver,
    watch: _Watch,
) -> tuple[RawAnswer, VerifiedPlan | None]:
    """A second try when the first answer broke a row by less than the solver's tolerance: rows a little tighter.

    The first answer's bound stays, since the tightened rows could cut off the optimum.
    """
    rest = Limits(time_limit_seconds=max(limits.time_limit_seconds - watch.seconds(), 1.0), gap_ratio=limits.gap_ratio)
    tight = solver(model, limits=rest, seed=seed, clock=watch.clock, row_slack_ratio=ROW_SLACK_RATIO)
    best = _cheapest_valid(problem, [_plan(tight)])
    verdict = loose.verdict if best is not None else "nothing_found"
    return RawAnswer(verdict=verdict, chosen=tight.chosen, bound_usd=loose.bound_usd, method=loose.method), best


def _safe_bound(bound_usd: float, best: VerifiedPlan | None) -> Decimal | None:
    """The bound in micro-USD, lowered by the proof's floating-point error and never above the plan itself."""
    if not np.isfinite(bound_usd):
        return None
    scale = max(abs(bound_usd), 1.0)
    bound = Decimal(bound_usd - PROOF_RATIO * scale).scaleb(6).to_integral_value(ROUND_FLOOR)
    if best is None:
        return bound
    return min(bound, best.costs.objective_micro_usd).to_integral_value(ROUND_FLOOR)


def _infeasible(problem: Problem, limits: Limits, seed: int, watch: _Watch) -> Infeasible:
    watch.say("infeasible: looking for the rules that clash")
    conflict = find_conflict(
        problem, seconds=max(limits.time_limit_seconds, CONFLICT_SECONDS), seed=seed, clock=watch.clock
    )
    return Infeasible(
        conflict=conflict.rule_ids,
        facts=watch.facts("group-flow MIP (HiGHS), conflict by CP-SAT", "proved"),
        conflict_is_minimal=conflict.is_minimal,
    )
