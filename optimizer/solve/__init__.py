"""Problem in, outcome out: compile, solve, check, or say which rules clash."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal

import numpy as np
import numpy.typing as npt

from optimizer.model.compile import compile_model
from optimizer.model.placement_model import PlacementModel
from optimizer.plan import Infeasible, NotSolved, Outcome, Plan, Solved, SolverFacts, StoppedBy
from optimizer.problem.problem import Problem
from optimizer.rules import enforced_rules
from optimizer.solve.cuts import cut_off, tightened
from optimizer.solve.exact import RawAnswer, Solver, solve_exactly
from optimizer.solve.highs import Verdict
from optimizer.solve.infeasibility import find_conflict
from optimizer.solve.limits import Clock, Limits, Progress, ProgressCallback
from optimizer.solve.portfolio import solve_by_size
from optimizer.verify import VerifiedPlan, verify

__all__ = ["Limits", "Progress", "Solver", "solve"]

ROW_SLACK_RATIO = 1e-5
MOST_CUT_ROUNDS = 50
PROOF_RATIO = 1e-9
"""HiGHS proves in floating point: every bound is lowered by this share of the cost, so that none is ever too high."""
CONFLICT_SECONDS = 30.0


def solve(
    problem: Problem,
    *,
    limits: Limits | None = None,
    seed: int = 0,
    start: Plan | None = None,
    row_prices: Mapping[tuple[str, int], float] | None = None,
    solver: Solver = solve_by_size,
    on_progress: ProgressCallback | None = None,
    clock: Clock = time.perf_counter,
    cpu_clock: Clock = time.process_time,
) -> Outcome:
    """The cheapest plan of a problem within the limits, with a proved lower bound.

    ``start`` is a plan to fall back on (last night's, or staying): it is returned when nothing cheaper is found.
    ``row_prices`` are those of a similar problem's ``Solved``: a good guess spares a round.
    """
    limits = limits or Limits()
    watch = _Watch(clock, cpu_clock, on_progress)
    model = compile_model(problem)
    watch.say("compiled")
    if _some_node_has_too_few(model):
        return _infeasible(problem, limits, seed, watch)
    guess = None if row_prices is None else np.array([row_prices.get(name, 0.0) for name in _row_names(model)])
    answer = _solve_with_cuts(problem, model, limits, seed, solver, watch, guess)
    if answer.verdict == "infeasible":
        return _infeasible(problem, limits, seed, watch)
    best = _cheapest_valid(problem, [_plan(answer), start, Plan.stay(problem)])
    if best is None and answer.chosen is not None:
        # A plan that the checker refuses is no plan: once more, the whole model and nothing but the model.
        whole = solve_exactly(model, limits=_remaining(limits, watch), seed=seed, clock=clock)
        answer = dataclasses.replace(whole, bound_usd=max(whole.bound_usd, answer.bound_usd))
        best = _cheapest_valid(problem, [_plan(answer)])
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
        row_prices=_named_prices(model, answer),
    )


def _named_prices(model: PlacementModel, answer: RawAnswer) -> dict[tuple[str, int], float]:
    """The prices of the problem's own rows; those of cuts, which stand last, mean nothing to another problem."""
    if answer.row_prices is None:
        return {}
    return dict(zip(_row_names(model), answer.row_prices[: len(model.rows)].tolist(), strict=True))


def _row_names(model: PlacementModel) -> list[tuple[str, int]]:
    """Rows by name and occurrence: a move budget has one for moves and one for money."""
    seen: Counter[str] = Counter()
    names = []
    for row in model.rows:
        names.append((row.name, seen[row.name]))
        seen[row.name] += 1
    return names


class _Watch:
    def __init__(self, clock: Clock, cpu_clock: Clock, on_progress: ProgressCallback | None) -> None:
        self.clock = clock
        self._cpu_clock = cpu_clock
        self._began = clock()
        self._cpu_began = cpu_clock()
        self._on_progress = on_progress
        self._best_usd, self._bound_usd = np.inf, -np.inf

    def seconds(self) -> float:
        return self.clock() - self._began

    def say(self, stage: str, best: Decimal | None = None, bound: Decimal | None = None) -> None:
        if self._on_progress is not None:
            self._on_progress(
                Progress(stage=stage, seconds=self.seconds(), best_micro_usd=best, lower_bound_micro_usd=bound)
            )

    def hear(self, best_usd: float, bound_usd: float) -> None:
        """How a solver goes on: best cost and bound so far in USD, infinite while there is none."""
        self._best_usd, self._bound_usd = min(self._best_usd, best_usd), max(self._bound_usd, bound_usd)
        known = (self._best_usd, self._bound_usd)
        best, bound = (Decimal(amount).scaleb(6) if np.isfinite(amount) else None for amount in known)
        self.say("searching", best, bound)

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


def _solve_with_cuts(
    problem: Problem,
    model: PlacementModel,
    limits: Limits,
    seed: int,
    solver: Solver,
    watch: _Watch,
    row_prices: npt.NDArray[np.float64] | None,
) -> RawAnswer:
    """Solve, and again with a cut for every row that the answer broke by less than the solver's tolerance.

    The best bound of all rounds stays. When rounds or time run out, the last answer is tried with rows a little
    tighter, whose plan is good and whose bound is not.
    """
    bound_usd = -np.inf
    for _ in range(MOST_CUT_ROUNDS):
        answer = solver(
            model,
            limits=_remaining(limits, watch),
            seed=seed,
            clock=watch.clock,
            row_prices=row_prices,
            report=watch.hear,
        )
        bound_usd = max(bound_usd, answer.bound_usd)
        answer = dataclasses.replace(answer, bound_usd=bound_usd)
        plan = _plan(answer)
        broken = (
            set() if plan is None else {rule.id for rule in enforced_rules(problem) if rule.violations(problem, plan)}
        )
        if plan is None or not broken:
            return answer
        cut_model = cut_off(model, plan.chosen, broken)
        if cut_model is None or watch.seconds() > limits.time_limit_seconds:
            break
        watch.say("a row was broken by less than the solver's tolerance: cut off")
        model, row_prices = cut_model, None
    tight = solver(tightened(model, ROW_SLACK_RATIO), limits=_remaining(limits, watch), seed=seed, clock=watch.clock)
    verdict: Verdict = "nothing_found" if tight.chosen is None else "feasible"
    return dataclasses.replace(tight, verdict=verdict, bound_usd=bound_usd)


def _remaining(limits: Limits, watch: _Watch) -> Limits:
    return limits.within(limits.time_limit_seconds - watch.seconds())


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
