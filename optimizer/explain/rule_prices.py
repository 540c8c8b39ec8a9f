"""What each demand costs: the optimum with it less the optimum without it, as an interval that is proved.

With ``[L, U]`` the proved bounds of the problem as it is (``U`` the plan) and ``[L', U']`` those without the demand::

    price in [max(0, L - U'), max(0, U - L')]        (never negative: with fewer demands the optimum cannot rise)

A dual price is not used: it holds for a marginal change, and dropping a rule is not one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, Literal

import numpy as np

from optimizer.explain.relaxations import Demand, without
from optimizer.plan import NotSolved, Outcome, Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.verify import VerifiedPlan, verify

Resolve = Callable[[Problem, Plan, float], Outcome]
"""Solves a problem from a plan to fall back on, within so many seconds."""

RuleVerdictKind = Literal["binding", "within_gap", "not_binding", "not_tested"]

RULE_PRICE_GAP_RATIO: Final = 0.0005
"""The gap that a re-solve should close: what it leaves open is the width of the interval."""

NOT_BINDING_RATIO: Final = Decimal("0.001")
"""A rule does not bind when no plan without it can save more than this share of the objective."""

_NEGLIGIBLE_MICRO_USD: Final = Decimal(1)
_LEAST_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePrice:
    """Price of one demand in micro-USD a month (of the objective: one-off costs spread over the horizon).

    * ``binding``: dropping it saves something for certain (``low > 0``);
    * ``not_binding``: nothing cheaper was found without it and ``high``, which the gaps leave open, is negligible
      (``NOT_BINDING_RATIO``);
    * ``within_gap``: neither is proved: it costs at most ``high``, perhaps nothing. ``expected`` is what the cheapest
      plan found without it saves from the plan at hand;
    * ``not_tested``: time was up before anything was found.

    ``high`` is None where time was up before anything bounded it.

    Prices do not add up: dropping two rules together may save more or less than the sum.
    ``forbids_cheaper_for`` counts nodes to which it alone denies a cheaper option, the rest of the plan unchanged;
    ``largest_single_micro_usd`` is the largest of those differences, rounded down.
    """

    id: str
    type: str
    because: str
    verdict: RuleVerdictKind
    low_micro_usd: int
    high_micro_usd: int | None
    expected_micro_usd: int
    forbids_cheaper_for: int
    largest_single_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejections:
    """What a demand, and no other, denies single nodes: the cheapest such option of each node, and the largest saving
    that one of them would bring, the rest of the plan unchanged.
    """

    options: tuple[int, ...] = ()
    largest_micro_usd: int = 0


@dataclass(slots=True, kw_only=True)
class _Pricing:
    """The state of one pricing run: what has been spent and learned."""

    problem: Problem
    plan: Plan
    upper_micro_usd: Decimal
    lower_micro_usd: Decimal
    rejections: Mapping[str, Rejections]
    resolve: Resolve
    seconds_left: float
    seconds_each: float
    found: dict[str, RulePrice] = field(default_factory=dict)
    ceiling: dict[str, Decimal] = field(default_factory=dict)
    known: dict[str, VerifiedPlan] = field(default_factory=dict)
    slack: list[Demand] = field(default_factory=list)


def price_rules(
    problem: Problem,
    solved: Solved,
    demands: Sequence[Demand],
    *,
    rejections: Mapping[str, Rejections],
    resolve: Resolve,
    total_seconds: float,
    seconds_each: float,
) -> tuple[RulePrice, ...]:
    """Price every demand, in the given order, spending at most about ``total_seconds`` of solver time.

    Demands that deny some node something cheaper are priced one by one, the largest denial first. Then the rest are
    dropped all together: if not even that finds anything cheaper, none of them binds and the one bound holds for
    each (dropping more can only save more); otherwise they are split in halves until the ones that matter are alone.
    """
    pricing = _Pricing(
        problem=problem,
        plan=solved.plan,
        upper_micro_usd=solved.costs.objective_micro_usd,
        lower_micro_usd=solved.lower_bound_micro_usd,
        rejections=rejections,
        resolve=resolve,
        seconds_left=total_seconds,
        seconds_each=seconds_each,
    )
    for demand in demands:
        known = _without_search(pricing, demand)
        if known is not None:
            pricing.known[demand.id] = known
    suspects = [demand for demand in demands if rejections.get(demand.id, Rejections()).options]
    suspects.sort(key=lambda demand: -rejections[demand.id].largest_micro_usd)
    for demand in suspects:
        _price_together(pricing, [demand])
    _price_together(pricing, [demand for demand in demands if demand not in suspects])
    return tuple(pricing.found[demand.id] for demand in demands)


def _without_search(pricing: _Pricing, demand: Demand) -> VerifiedPlan | None:
    """The cheapest plan without a demand that needs no search: the plan as it is, or with what the demand denies."""
    options = pricing.rejections.get(demand.id, Rejections()).options
    if not options and not demand.node_ids:
        return None
    relaxed = without(pricing.problem, [demand])
    tried = [pricing.plan, _with_options(relaxed, pricing.plan, options)]
    tried += [_with_options(relaxed, pricing.plan, (option,)) for option in options[:1]]
    checked = [verify(relaxed, plan) for plan in tried]
    valid = [plan for plan in checked if isinstance(plan, VerifiedPlan)]
    return min(valid, key=lambda plan: plan.costs.objective_micro_usd, default=None)


def _with_options(problem: Problem, plan: Plan, options: tuple[int, ...]) -> Plan:
    taking = np.array(options, dtype=np.int64)
    stays = plan.chosen[~np.isin(problem.option_node[plan.chosen], problem.option_node[taking])]
    return Plan(chosen=np.sort(np.concatenate([stays, taking])))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relaxed:
    """Bounds of an optimum without some demands; ``is_finished`` when the solve was not cut off by time."""

    upper_micro_usd: Decimal
    lower_micro_usd: Decimal
    is_finished: bool


def _price_together(pricing: _Pricing, demands: Sequence[Demand]) -> None:
    """Price demands by one relaxation of all of them; look at halves when that finds something cheaper."""
    if not demands:
        return
    relaxed = _solve_without(pricing, demands)
    if relaxed is None:
        for demand in demands:
            pricing.found[demand.id] = _price(pricing, demand, "not_tested", pricing.upper_micro_usd)
        return
    ceiling = max(pricing.upper_micro_usd - relaxed.lower_micro_usd, Decimal(0))
    for demand in demands:
        pricing.ceiling[demand.id] = min(ceiling, pricing.ceiling.get(demand.id, ceiling))
    finds_cheaper = pricing.upper_micro_usd - relaxed.upper_micro_usd > _NEGLIGIBLE_MICRO_USD
    if finds_cheaper and len(demands) > 1:
        middle = len(demands) // 2
        _price_together(pricing, demands[:middle])
        _price_together(pricing, demands[middle:])
        return
    verdict: RuleVerdictKind = "within_gap" if finds_cheaper or relaxed.is_finished else "not_tested"
    if not finds_cheaper and ceiling <= NOT_BINDING_RATIO * abs(pricing.upper_micro_usd):
        verdict = "not_binding"
        pricing.slack.extend(demands)
    for demand in demands:
        pricing.found[demand.id] = _price(pricing, demand, verdict, relaxed.upper_micro_usd)


def _solve_without(pricing: _Pricing, demands: Sequence[Demand]) -> _Relaxed | None:
    """Bounds of the optimum without the demands; None when time is up.

    Demands that are known not to bind are left out too, which makes the problem easier. That bound holds all the
    more; the plan counts only if it keeps them, else they are put back and the problem is solved as it is.
    """
    exact = without(pricing.problem, demands)
    known = pricing.known.get(demands[0].id) if len(demands) == 1 else None
    start = pricing.plan if known is None else known.plan
    if pricing.slack:
        outcome = _resolve(pricing, without(pricing.problem, [*demands, *pricing.slack]), start)
        if outcome is None:
            return None
        if isinstance(outcome, Solved):
            kept = verify(exact, outcome.plan)
            if isinstance(kept, VerifiedPlan):
                return _relaxed(pricing, outcome, kept.costs.objective_micro_usd)
    outcome = _resolve(pricing, exact, start)
    if outcome is None:
        return None
    upper = outcome.costs.objective_micro_usd if isinstance(outcome, Solved) else pricing.upper_micro_usd
    return _relaxed(pricing, outcome, upper)


def _resolve(pricing: _Pricing, relaxed: Problem, start: Plan) -> Outcome | None:
    if pricing.seconds_left < _LEAST_SECONDS:
        return None
    seconds = min(pricing.seconds_left, pricing.seconds_each)
    outcome = pricing.resolve(relaxed, start, seconds)
    pricing.seconds_left -= outcome.facts.seconds
    return outcome


def _relaxed(pricing: _Pricing, outcome: Outcome, upper_micro_usd: Decimal) -> _Relaxed:
    """The plan itself is always a plan of the relaxed problem, so its cost bounds the relaxed optimum from above."""
    lower = None
    if isinstance(outcome, Solved | NotSolved):
        lower = outcome.lower_bound_micro_usd
    return _Relaxed(
        upper_micro_usd=min(upper_micro_usd, pricing.upper_micro_usd),
        lower_micro_usd=Decimal("-Infinity") if lower is None else lower,
        is_finished=isinstance(outcome, Solved) and outcome.facts.stopped_by != "time",
    )


def _price(pricing: _Pricing, demand: Demand, verdict: RuleVerdictKind, upper: Decimal) -> RulePrice:
    """The price of one demand, given the cheapest cost known without it.

    A plan without it that is known without a search counts too. One that is cheaper, but by less than the gap of the
    problem as it is, proves nothing.
    """
    rejections, known = pricing.rejections.get(demand.id, Rejections()), pricing.known.get(demand.id)
    upper = upper if known is None else min(upper, known.costs.objective_micro_usd)
    if pricing.upper_micro_usd - upper > _NEGLIGIBLE_MICRO_USD:
        verdict = "within_gap"
    low = pricing.lower_micro_usd - upper
    ceiling = pricing.ceiling.get(demand.id)
    has_ceiling = ceiling is not None and ceiling.is_finite()
    is_certain = low > _NEGLIGIBLE_MICRO_USD
    return RulePrice(
        id=demand.id,
        type=demand.type,
        because=demand.because,
        verdict="binding" if is_certain else verdict,
        low_micro_usd=int(low.to_integral_value(ROUND_FLOOR)) if is_certain else 0,
        high_micro_usd=int(ceiling.to_integral_value(ROUND_CEILING)) if ceiling is not None and has_ceiling else None,
        expected_micro_usd=int((pricing.upper_micro_usd - upper).to_integral_value(ROUND_FLOOR)),
        forbids_cheaper_for=len(rejections.options),
        largest_single_micro_usd=rejections.largest_micro_usd,
    )
