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

from optimizer.explain.relaxations import Demand, without
from optimizer.plan import NotSolved, Outcome, Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.verify import VerifiedPlan, verify

Resolve = Callable[[Problem, Plan, float], Outcome]
"""Solves a problem from a plan to fall back on, within so many seconds."""

RuleVerdictKind = Literal["binding", "within_gap", "not_binding", "not_tested"]

_NEGLIGIBLE_MICRO_USD: Final = Decimal(1)
_LEAST_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePrice:
    """Price of one demand in micro-USD a month (of the objective: one-off costs spread over the horizon).

    * ``binding``: dropping it saves something for certain (``low > 0``);
    * ``within_gap``: a cheaper plan was found without it, by no more than the gaps of the two solves;
    * ``not_binding``: nothing cheaper was found without it; ``high`` is what the gaps leave open;
    * ``not_tested``: time was up, and no single change proves it binding either.

    ``high`` is None where time was up before anything bounded it.

    Prices do not add up: dropping two rules together may save more or less than the sum.
    ``forbids_cheaper_for`` counts nodes to which it alone denies a cheaper option, the rest of the plan unchanged;
    ``largest_single_micro_usd`` is the largest of those differences.
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
    """How often and by how much a demand denies a single node something cheaper."""

    nodes: int = 0
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

    Demands that deny some node something cheaper are priced one by one, the largest denial first. The rest are first
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
    suspects = [demand for demand in demands if rejections.get(demand.id, Rejections()).nodes]
    suspects.sort(key=lambda demand: -rejections[demand.id].largest_micro_usd)
    _price_together(pricing, [demand for demand in demands if demand not in suspects])
    for demand in suspects:
        _price_together(pricing, [demand])
    return tuple(pricing.found[demand.id] for demand in demands)


def _price_together(pricing: _Pricing, demands: Sequence[Demand]) -> None:
    """Price demands by one relaxation of all of them; look at halves when that finds something cheaper."""
    if not demands:
        return
    answer = _solve_without(pricing, demands)
    if answer is None:
        for demand in demands:
            pricing.found[demand.id] = _price(pricing, demand, "not_tested", pricing.upper_micro_usd)
        return
    upper, lower = answer
    for demand in demands:
        ceiling = max(pricing.upper_micro_usd - lower, Decimal(0))
        pricing.ceiling[demand.id] = min(ceiling, pricing.ceiling.get(demand.id, ceiling))
    if pricing.upper_micro_usd - upper <= _NEGLIGIBLE_MICRO_USD:
        pricing.slack.extend(demands)
        for demand in demands:
            pricing.found[demand.id] = _price(pricing, demand, "not_binding", upper)
    elif len(demands) == 1:
        pricing.found[demands[0].id] = _price(pricing, demands[0], "within_gap", upper)
    else:
        middle = len(demands) // 2
        _price_together(pricing, demands[:middle])
        _price_together(pricing, demands[middle:])


def _solve_without(pricing: _Pricing, demands: Sequence[Demand]) -> tuple[Decimal, Decimal] | None:
    """Upper and lower bound of the optimum without the demands; None when time is up.

    Demands that are known not to bind are left out too, which makes the problem easier. That bound holds all the
    more; the plan counts only if it keeps them, else they are put back and the problem is solved as it is.
    """
    exact = without(pricing.problem, demands)
    if pricing.slack:
        outcome = _resolve(pricing, without(pricing.problem, [*demands, *pricing.slack]))
        if outcome is None:
            return None
        if isinstance(outcome, Solved):
            kept = verify(exact, outcome.plan)
            if isinstance(kept, VerifiedPlan):
                cheapest = min(kept.costs.objective_micro_usd, pricing.upper_micro_usd)
                return cheapest, outcome.lower_bound_micro_usd
    outcome = _resolve(pricing, exact)
    return None if outcome is None else _bounds(pricing, outcome)


def _resolve(pricing: _Pricing, relaxed: Problem) -> Outcome | None:
    if pricing.seconds_left < _LEAST_SECONDS:
        return None
    seconds = min(pricing.seconds_left, pricing.seconds_each)
    outcome = pricing.resolve(relaxed, pricing.plan, seconds)
    pricing.seconds_left -= outcome.facts.seconds
    return outcome


def _bounds(pricing: _Pricing, outcome: Outcome) -> tuple[Decimal, Decimal]:
    """Upper and lower bound of the relaxed optimum; the plan itself is always a plan of the relaxed problem."""
    if isinstance(outcome, Solved):
        return min(outcome.costs.objective_micro_usd, pricing.upper_micro_usd), outcome.lower_bound_micro_usd
    lower = outcome.lower_bound_micro_usd if isinstance(outcome, NotSolved) else None
    return pricing.upper_micro_usd, Decimal("-Infinity") if lower is None else lower


def _price(pricing: _Pricing, demand: Demand, verdict: RuleVerdictKind, upper: Decimal) -> RulePrice:
    """The price of one demand, given the cheapest cost known without it.

    What it alone denies a single node is a plan without it, so the price is at least that less the proved gap.
    """
    rejections = pricing.rejections.get(demand.id, Rejections())
    upper = min(upper, pricing.upper_micro_usd - rejections.largest_micro_usd)
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
        forbids_cheaper_for=rejections.nodes,
        largest_single_micro_usd=rejections.largest_micro_usd,
    )
