"""Recommendations of a whole small estate: generated, planned, verified, explained. Prices are made up and round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from optimizer.candidates import CandidateSet, generate_candidates
from optimizer.domain.estate import BilledMonth, Commitment, Dataset, Estate, Flow, Tags, Workload
from optimizer.domain.policy import Area, AreaStatement, Policy, RecoveryStatement, Selector
from optimizer.explain import ACTION_TYPES, Explanation, Recommendation, explain
from optimizer.explain.recommendation import DESCRIPTION_LENGTH
from optimizer.plan import Outcome, Plan, Solved
from optimizer.problem.from_candidates import build_problem
from optimizer.problem.problem import Problem
from optimizer.solve import solve
from optimizer.verify import VerifiedPlan, verify
from tests.candidates.books import EAST, PARIS, WEST, add_machines, add_storage, book_with_transfer
from tests.candidates.estates import band, dataset, demand, estate, policy, workload

BOOK = add_storage(add_machines(book_with_transfer())).book()
EVERYWHERE = (EAST, WEST, PARIS)
ALL = Selector()
USD = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    problem: Problem
    candidates: CandidateSet
    explanation: Explanation

    def about(self, node_id: str) -> Recommendation:
        return next(one for one in self.explanation.recommendations if one.targets[0].node_id == node_id)


def resolve(problem: Problem, start: Plan, seconds: float) -> Outcome:
    return solve(problem, start=start)


def explained(given_estate: Estate, **policy_changes: Any) -> Case:
    settings: dict[str, Any] = {
        "candidate_places": EVERYWHERE,
        "dual_run_months": 0.0,
        "labour_usd_per_hour": Decimal(0),
    }
    given_policy: Policy = policy(**settings | policy_changes)
    candidates = generate_candidates(given_estate, BOOK, given_policy)
    problem = build_problem(given_estate, candidates, given_policy, BOOK)
    outcome = solve(problem)
    assert isinstance(outcome, Solved)
    verified = verify(problem, outcome.plan)
    assert isinstance(verified, VerifiedPlan)
    explanation = explain(
        problem,
        verified,
        estate=given_estate,
        candidates=candidates,
        policy=given_policy,
        outcome=outcome,
        price_snapshot_id=BOOK.snapshot_id,
        resolve=resolve,
    )
    return Case(problem=problem, candidates=candidates, explanation=explanation)


def oversized(**changed: Any) -> Workload:
    """Costs 320 USD a month; m5.xlarge would do: 2 x 200 h x 0.2 = 80 USD here, 2 x 200 h x 0.15 = 60 USD at WEST."""
    return workload(**{"name": "engine", "tags": Tags(business_unit="markets", owner="ana")} | changed)


NO_AZURE = AreaStatement(
    id="no-azure", effect="forbid", select=ALL, area=Area(providers=("azure",)), because="no contract"
)


def test_an_oversized_machine_is_resized_with_every_dollar_accounted_for() -> None:
    found = explained(estate(oversized()), areas=(NO_AZURE,)).about("w")
    assert found.action_type == "resize"
    assert (found.money.current_monthly_micro_usd, found.money.recommended_monthly_micro_usd) == (320 * USD, 80 * USD)
    assert found.money.savings.expected_micro_usd == 240 * USD
    assert found.money.savings_percent == pytest.approx(75)
    assert found.money.deduplicated_contribution_micro_usd == 240 * USD
    assert found.money.net_12_month_micro_usd == 12 * 240 * USD - found.money.one_off.total_micro_usd
    assert (found.money.current_basis, found.money.recommended_basis) == ("effective", "list")
    assert found.title == "Resize engine to m5.xlarge"
    assert "compute costs $240 a month less" in found.description
    assert found.scope.owner == "ana"
    assert found.evidence.price_snapshot_id == BOOK.snapshot_id


def test_a_cheaper_placement_that_a_rule_forbids_is_named_with_its_forgone_saving() -> None:
    case = explained(estate(oversized()), areas=(NO_AZURE,))
    found = case.about("w")
    (rejected,) = found.feasibility.rejected_cheaper
    assert (rejected.placement.place_id, rejected.placement.sku) == (WEST, "D4s_v5")
    assert (rejected.rule_id, rejected.because) == ("no-azure", "no contract")
    assert rejected.forgone_monthly_micro_usd == 20 * USD
    assert found.feasibility.binding == ("no-azure",)
    assert "Not azure_vm in azure:westus" in found.description
    assert "because rule no-azure (no contract) forbids it" in found.description
    (price,) = case.explanation.rule_prices
    assert price.verdict == "binding"
    assert price.low_micro_usd == pytest.approx(20 * USD, abs=3)
    assert price.high_micro_usd == pytest.approx(20 * USD, abs=3)


def test_alternatives_are_ranked_by_cost_and_say_why_they_lost() -> None:
    alternatives = explained(estate(oversized()), areas=(NO_AZURE,)).about("w").alternatives
    assert [one.rank for one in alternatives] == list(range(1, len(alternatives) + 1))
    costs = [one.monthly_micro_usd for one in alternatives]
    assert costs == sorted(costs)
    assert alternatives[0].rule_id == "no-azure"
    assert alternatives[0].extra_monthly_micro_usd == -20 * USD
    dearer = [one for one in alternatives if one.rule_id is None]
    assert dearer
    assert all("dearer" in one.why_not_chosen for one in dearer)


def test_the_id_stays_when_only_figures_change_and_changes_with_the_target() -> None:
    usual = explained(estate(oversized()), areas=(NO_AZURE,)).about("w")
    dearer = oversized(billed=BilledMonth(compute_micro_usd=400 * USD), tags=Tags(business_unit="risk", owner="ben"))
    night_after = explained(estate(dearer), areas=(NO_AZURE,)).about("w")
    elsewhere = explained(estate(oversized())).about("w")
    assert len(usual.id) == 20
    assert night_after.id == usual.id
    assert elsewhere.recommended.place_id == WEST
    assert elsewhere.id != usual.id


def test_a_move_that_may_save_nothing_says_so() -> None:
    barely = oversized(billed=BilledMonth(compute_micro_usd=61 * USD))
    found = explained(estate(barely)).about("w")
    assert found.money.savings.expected_micro_usd == 1 * USD
    assert found.money.savings.low_micro_usd < 0
    assert found.money.may_save_nothing
    assert "It may save nothing: the low end of the estimate is -$" in found.description
    certain = explained(estate(oversized())).about("w")
    assert not certain.money.may_save_nothing
    assert "may save nothing" not in certain.description


def lake(**changed: Any) -> Dataset:
    """1,000 GB at EAST, 20 USD a month, written 10 GB a month."""
    given: dict[str, Any] = {
        "id": "lake",
        "name": "lake",
        "bands": (band(stored_gb=1000.0),),
        "written_gb_per_month": 10.0,
    }
    return dataset(**given | changed)


def test_a_missing_recovery_copy_is_recommended_first_whatever_it_costs() -> None:
    two = RecoveryStatement(id="two", select=Selector(kinds=("dataset",)), copies=2, distinct="region", because="DORA")
    case = explained(estate(lake()), recoveries=(two,))
    copy = case.about("lake/copy-2")
    assert (copy.action_type, copy.priority, copy.current) == ("add_recovery_copy", "P1", None)
    assert copy.money.savings.expected_micro_usd < 0
    assert copy.scope.business_unit == "markets"
    assert "Costs $" in copy.description
    assert [gap.rule_id for gap in case.explanation.compliance_gaps_today] == ["two:lake"]
    price = next(price for price in case.explanation.rule_prices if price.id == "two")
    assert price.because == "DORA"
    assert price.low_micro_usd > 0


def test_a_placement_that_breaks_a_rule_today_is_a_gap_and_comes_first() -> None:
    eu = AreaStatement(
        id="gdpr", effect="allow", select=Selector(ids=("lake",)), area=Area(jurisdictions=("EU",)), because="GDPR"
    )
    case = explained(estate(lake()), areas=(eu,))
    found = case.about("lake")
    assert [gap.rule_id for gap in case.explanation.compliance_gaps_today] == ["gdpr"]
    assert (found.action_type, found.priority, found.recommended.place_id) == ("move_dataset", "P1", PARIS)
    assert "because today's placement breaks rule gdpr" in found.description
    assert ("gdpr", "broken_today") in [(rule.rule_id, rule.verdict) for rule in found.feasibility.rules]


def test_contributions_ledger_and_saving_agree_to_the_micro() -> None:
    engine = oversized(demand=demand(vcpu_hours=701.3), billed=BilledMonth(compute_micro_usd=333_333_333))
    given = estate(engine, lake(), flows=(Flow(source_id="lake", target_id="w", gb_per_month=333.333),))
    explanation = explained(given).explanation
    total = sum(one.money.deduplicated_contribution_micro_usd for one in explanation.recommendations)
    assert total == explanation.saving.saving_monthly_micro_usd == explanation.ledger.saving_monthly_micro_usd
    assert explanation.ledger.objective_micro_usd == explanation.saving.objective_micro_usd
    for one in explanation.recommendations:
        money = one.money
        assert money.savings.expected_micro_usd == (
            money.current_monthly_micro_usd
            - money.recommended_monthly_micro_usd
            - money.recurring_egress_delta_micro_usd
            - money.footprint_delta_micro_usd
        )
        assert money.savings.low_micro_usd <= money.savings.expected_micro_usd <= money.savings.high_micro_usd


def test_every_node_is_either_recommended_or_explained_as_staying() -> None:
    pleased = oversized(id="fine", billed=BilledMonth(compute_micro_usd=1 * USD))
    case = explained(estate(oversized(), pleased, lake()))
    recommended = {one.targets[0].node_id for one in case.explanation.recommendations}
    stays = {one.node_id for one in case.explanation.stays}
    assert "fine" in stays
    assert recommended | stays == set(case.problem.node_ids)
    assert not recommended & stays


def test_descriptions_fit_and_action_types_are_known() -> None:
    long_name = "the " + "very " * 60 + "long engine"
    long_reason = replace(NO_AZURE, because="a reason " * 40)
    case = explained(estate(oversized(name=long_name), lake()), areas=(long_reason,))
    for one in case.explanation.recommendations:
        assert len(one.description) <= DESCRIPTION_LENGTH
        assert one.action_type in ACTION_TYPES


def test_one_off_costs_come_by_cause_with_the_commitment_that_a_move_strands() -> None:
    # 50 USD of the 320 are committed for 3 more months after 2026-11-01; the cheaper machine is with another provider.
    promise = Commitment(
        id="promise",
        provider="aws",
        service="aws_ec2",
        place_id=EAST,
        monthly_micro_usd=50 * USD,
        ends_on=date(2027, 2, 1),
    )
    bound = oversized(committed_micro_usd=50 * USD, commitment_id="promise")
    case = explained(estate(bound, commitments=(promise,)), labour_usd_per_hour=Decimal(1))
    found = case.about("w")
    assert found.recommended.place_id == WEST
    parts = found.money.one_off
    assert parts.stranded_commitment_micro_usd == pytest.approx(3 * 50 * USD, rel=0.03)
    assert parts.labour_micro_usd > 0
    assert found.money.stranded_commitment_monthly_micro_usd == 50 * USD
    assert parts.total_micro_usd == case.explanation.saving.one_off_micro_usd
    assert found.money.payback_months == pytest.approx(parts.total_micro_usd / found.money.savings.expected_micro_usd)
    assert found.operations.effort_because.startswith("labour of $")
    assert found.operations.restart_needed
