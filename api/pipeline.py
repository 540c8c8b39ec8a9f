"""The line, as one straight function: bills in the store to a verified, explained, forecast plan.

The command line, the scheduler and the API all call ``run_pipeline``. It holds the order of the stages and nothing
else; what each stage does lives in the package that owns it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from api.answers import result_of
from api.planned import Planned
from api.runs.result import RunRequest, RunResult, StageReport
from api.stages import Line
from collectors.estate import EstateBuild, build_estate
from collectors.estate.contracted import contracted_ratios
from collectors.estate.monthly_totals import monthly_totals
from collectors.inventory import read_inventory
from collectors.policies import REFERENCE_POLICY_FILE, load_reference_policy_text
from collectors.pricing import load_price_book
from collectors.store import IngestStore
from optimizer.candidates import generate_candidates
from optimizer.domain.policy import Policy
from optimizer.domain.policy_file import parse_policy
from optimizer.explain.explanation import explain
from optimizer.explain.rule_prices import RULE_PRICE_GAP_RATIO
from optimizer.plan import Outcome, Plan, Solved
from optimizer.pricing import PriceBook
from optimizer.problem.from_candidates import build_problem
from optimizer.problem.problem import Problem
from optimizer.solve import Limits, solve
from optimizer.verify import Refuted, VerifiedPlan, verify

INVENTORY_FOLDER = "inventory"
RULE_PRICE_SECONDS = 25.0
RULE_PRICE_SECONDS_EACH = 15.0


class RefutedPlanError(RuntimeError):
    """The solver's plan did not pass the independent checker: a defect, never an answer."""


def run_pipeline(request: RunRequest, *, on_stage: Callable[[StageReport], None]) -> RunResult:
    """Do a whole run: stages 3 to 10 on what the store holds."""
    line = Line(on_stage)
    planned = plan_estate(request, line)
    return result_of(planned, line, seed=request.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What planning starts from, as read: prices, policy, the estate with its account of money, the bills by month,
    and by service what the company pays as a ratio of the list price."""

    prices: PriceBook
    policy: Policy
    build: EstateBuild
    monthly_history_micro_usd: tuple[tuple[str, int], ...]
    contracted_ratio: Mapping[str, Decimal]


def read_facts(request: RunRequest, line: Line) -> Facts:
    """Stages 3 and 4: the price book and the estate that bills and inventory describe."""
    with line.stage("price") as counts:
        prices = load_price_book()
        counts.count_out, counts.input_fingerprint = prices.rows().num_rows, prices.snapshot_id
        policy = _policy(request, prices)
    with line.stage("estate") as counts:
        store = IngestStore.open(request.data_directory / "store")
        inventory = read_inventory(request.data_directory / INVENTORY_FOLDER)
        build = build_estate(store, inventory, as_of_on=request.as_of_on, name=request.estate, prices=prices)
        history = monthly_totals(store, build.estate.billing_months)
        ratios = contracted_ratios(store, inventory, build.estate.billing_months)
        counts.count_in = sum(version.rows for version in store.periods())
        counts.count_out = len(build.estate.workloads) + len(build.estate.datasets)
        counts.count_dropped = sum(cost.rows for cost in build.unmatched)
        counts.input_fingerprint = store.fingerprint()
    return Facts(prices=prices, policy=policy, build=build, monthly_history_micro_usd=history, contracted_ratio=ratios)


def plan_estate(request: RunRequest, line: Line, *, price_rules: bool = True) -> Planned:
    """Stages 3 to 9: prices and estate, candidates, model, plan, proof, explanation.

    Raises:
        RefutedPlanError: the verifier found fault with the solver's plan.
        CollectorError, OptimizerError: store, inventory, prices or policy cannot be used; the message says why.
    """
    facts = read_facts(request, line)
    build, prices, policy = facts.build, facts.prices, facts.policy
    with line.stage("generate") as counts:
        candidates = generate_candidates(build.estate, prices, policy, contracted_ratio=facts.contracted_ratio)
        counts.count_in, counts.count_out = len(candidates.node_ids), len(candidates.candidate_ids)
        counts.count_dropped = sum(dropped.count for dropped in candidates.dropped)
    with line.stage("compile") as counts:
        problem = build_problem(build.estate, candidates, policy, prices)
        counts.count_in, counts.count_out = len(problem.option_ids), len(problem.rules)
        counts.input_fingerprint = problem.fingerprint()
    with line.stage("solve") as counts:
        limits = Limits(time_limit_seconds=request.time_limit_seconds, gap_ratio=request.gap_ratio)
        outcome = solve(problem, limits=limits, seed=request.seed)
        counts.count_in, counts.count_out = (
            len(problem.node_ids),
            len(getattr(outcome, "plan", Plan.stay(problem)).chosen),
        )
    verified, explanation = None, None
    if isinstance(outcome, Solved):
        with line.stage("verify") as counts:
            verified = _verified(problem, outcome)
            counts.count_in = counts.count_out = len(outcome.plan.chosen)
        with line.stage("explain") as counts:
            explanation = explain(
                problem,
                verified,
                estate=build.estate,
                candidates=candidates,
                policy=policy,
                outcome=outcome,
                price_snapshot_id=prices.snapshot_id,
                resolve=_resolver(request, outcome) if price_rules else None,
                rule_price_seconds=RULE_PRICE_SECONDS,
                rule_price_seconds_each=RULE_PRICE_SECONDS_EACH,
            )
            counts.count_out = len(explanation.recommendations)
    return Planned(
        build=build,
        prices=prices,
        policy=policy,
        candidates=candidates,
        problem=problem,
        outcome=outcome,
        verified=verified,
        explanation=explanation,
        monthly_history_micro_usd=facts.monthly_history_micro_usd,
        input_fingerprint=problem.fingerprint(),
    )


def _policy(request: RunRequest, prices: PriceBook) -> Policy:
    text = load_reference_policy_text() if request.policy_toml is None else request.policy_toml
    return parse_policy(
        text,
        file=REFERENCE_POLICY_FILE if request.policy_toml is None else "policy",
        known_place_ids=[place.id for place in prices.places],
        known_jurisdictions={name for place in prices.places for name in place.jurisdictions},
    )


def _verified(problem: Problem, outcome: Solved) -> VerifiedPlan:
    answer = verify(
        problem, outcome.plan, claimed_costs=outcome.costs, lower_bound_micro_usd=outcome.lower_bound_micro_usd
    )
    if isinstance(answer, Refuted):
        raise RefutedPlanError(f"the solver's plan was refused by the verifier: {'; '.join(answer.faults[:5])}")
    return answer


def _resolver(request: RunRequest, outcome: Solved) -> Callable[[Problem, Plan, float], Outcome]:
    """How rules are priced: the problem without a rule, from the plan and the row prices of the problem with it."""

    def resolve(problem: Problem, start: Plan, seconds: float) -> Outcome:
        gap_ratio = min(request.gap_ratio, RULE_PRICE_GAP_RATIO)
        limits = Limits(time_limit_seconds=seconds, gap_ratio=gap_ratio)
        return solve(problem, limits=limits, seed=request.seed, start=start, row_prices=outcome.row_prices)

    return resolve
