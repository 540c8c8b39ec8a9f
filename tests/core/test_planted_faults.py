"""Faults planted on purpose: what guards the optimizer must notice each of them, and nothing in a sound one.

A fault is an object handed in (a rule in the problem, a solver that compiles with a wrong term, a verifier that skips a
rule); nothing is patched. ``hypothesis.find`` looks for a problem on which the brute force over the published format,
which shares no code with the optimizer, disagrees.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from optimizer.costs import TERMS
from optimizer.costs.egress import Egress
from optimizer.costs.term import Term, TermLines
from optimizer.exchange.documents import problem_from_document
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Infeasible, Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.rules import Capacity, KeepApart, MoveBudget, PairLatency, enforced_rules
from optimizer.rules.rule import Rule, Violation
from optimizer.solve import Limits, solve
from optimizer.solve.exact import RawAnswer, solve_exactly
from tests.oracle import Oracle, all_choices
from tests.problem_documents import problem_documents

Document = dict[str, Any]
SEARCH = settings(
    max_examples=3000,  # a search ends with its first find; which problems come first varies with the modules loaded
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
QUICK = settings(SEARCH, max_examples=25)


def caught(disagrees: Callable[[Document], bool], *kinds: str, within: settings = SEARCH) -> bool:
    """Whether a problem with these kinds of rules is found on which brute force disagrees."""
    try:
        find(problem_documents(kinds=kinds), disagrees, settings=within)
    except NoSuchExample:
        return False
    return True


def answer_is_wrong(document: Document, problem: Problem, **solve_arguments: Any) -> bool:
    """Whether solving gives another status or optimum than trying every plan."""
    outcome = solve(problem, limits=Limits(time_limit_seconds=5), **solve_arguments)
    best = Oracle(document).optimum()
    if best is None:
        return not isinstance(outcome, Infeasible)
    if not isinstance(outcome, Solved):
        return True
    optimum = Decimal(best[0].numerator) / Decimal(best[0].denominator) * 10**6
    return abs(outcome.costs.objective_micro_usd - optimum) > 1 or outcome.lower_bound_micro_usd > optimum + 1


# --- a rule -------------------------------------------------------------------------------------------------------


class ForgetfulCapacity(Capacity):
    """Tells the model about all places but the last one."""

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        listed = self.places or tuple(place.id for place in problem.places)
        if len(listed) > 1:
            Capacity(id=self.id, resource=self.resource, maximum=self.maximum, places=listed[:-1]).contribute(
                problem, model
            )


class StrictMoveBudget(MoveBudget):
    """Tells the model one move less than is allowed."""

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        fewer = None if self.max_moves is None else max(self.max_moves - 1, 0)
        MoveBudget(id=self.id, max_moves=fewer, max_one_off_micro_usd=self.max_one_off_micro_usd).contribute(
            problem, model
        )


class BlindKeepApart(KeepApart):
    """Both readings look at the place where the rule says provider, region or continent: they agree and are wrong."""

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        KeepApart(id=self.id, nodes=self.nodes, by="place").contribute(problem, model)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        return KeepApart(id=self.id, nodes=self.nodes, by="place").violations(problem, plan)


def with_faulty(problem: Problem, faulty: type[Any]) -> Problem:
    """The problem with every rule of the faulty kind's base replaced by the faulty one."""
    base = faulty.__mro__[1]

    def swapped(rule: Rule) -> Rule:
        if type(rule) is not base:
            return rule
        return faulty(**{field.name: getattr(rule, field.name) for field in dataclasses.fields(base)})

    return problem.replace(rules=tuple(swapped(rule) for rule in problem.rules))


@pytest.mark.parametrize(
    ("faulty", "kind"),
    [(ForgetfulCapacity, "capacity"), (StrictMoveBudget, "move_budget"), (BlindKeepApart, "keep_apart")],
)
def test_a_fault_in_a_rule_is_caught(faulty: type[Any], kind: str) -> None:
    def disagrees(document: Document) -> bool:
        return answer_is_wrong(document, with_faulty(problem_from_document(document), faulty))

    assert caught(disagrees, kind)
    assert not caught(lambda document: answer_is_wrong(document, problem_from_document(document)), kind, within=QUICK)


# --- a term -------------------------------------------------------------------------------------------------------


class HalfEgress(Egress):
    """Tells the model half of the GB."""

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        model.add_pair_cost(problem.flow_gb / 2)


class WrongWayEgress(Egress):
    """Evaluates plans with the price from target to source."""

    def lines(self, problem: Problem, plan: Plan) -> TermLines:
        turned = problem.replace(transfer_micro_usd_per_gb=problem.transfer_micro_usd_per_gb.T.copy())
        return Egress().lines(turned, plan)


def terms_with(faulty: Term) -> tuple[Term, ...]:
    return tuple(faulty if term.name == faulty.name else term for term in TERMS)


def solver_with(problem: Problem, terms: tuple[Term, ...]) -> Callable[..., RawAnswer]:
    """A solver that compiles the problem itself, with other terms."""
    builder = ModelBuilder(problem)
    for rule in enforced_rules(problem):
        rule.contribute(problem, builder)
    for term in terms:
        term.contribute(problem, builder)
    model = builder.build()
    return lambda _, **arguments: solve_exactly(model, **arguments)


def ledger_is_wrong(document: Document, terms: tuple[Term, ...]) -> bool:
    """Whether some plan's lines add up to another sum than the plain reading of the format."""
    problem, oracle = problem_from_document(document), Oracle(document)
    for choices in all_choices(document):
        if oracle.is_valid(choices):
            plan = Plan.of(problem, choices)
            total = sum((term.lines(problem, plan).total_micro_usd for term in terms), Decimal(0))
            stated = oracle.objective(choices) * 10**6
            if abs(total - Decimal(stated.numerator) / Decimal(stated.denominator)) > Decimal("0.001"):
                return True
    return False


def test_a_fault_in_what_a_term_tells_the_model_is_caught() -> None:
    def disagrees(document: Document, faulty: Term) -> bool:
        problem = problem_from_document(document)
        return answer_is_wrong(document, problem, solver=solver_with(problem, terms_with(faulty)))

    assert caught(lambda document: disagrees(document, HalfEgress()))
    assert not caught(lambda document: disagrees(document, Egress()), within=QUICK)


def test_a_fault_in_what_a_term_says_a_plan_costs_is_caught() -> None:
    assert caught(lambda document: ledger_is_wrong(document, terms_with(WrongWayEgress())))
    assert not caught(lambda document: ledger_is_wrong(document, TERMS), within=QUICK)


def test_a_model_with_its_flows_turned_round_is_caught() -> None:
    def turned_solver(model: Any, **arguments: Any) -> RawAnswer:
        prices = np.ascontiguousarray(model.transfer_micro_usd_per_gb.T)
        return solve_exactly(dataclasses.replace(model, transfer_micro_usd_per_gb=prices), **arguments)

    assert caught(lambda document: answer_is_wrong(document, problem_from_document(document), solver=turned_solver))


# --- the verifier -------------------------------------------------------------------------------------------------


def accepted_without(skipped: type[Any] | None, problem: Problem, plan: Plan) -> bool:
    """A verifier that forgets one kind of rule."""
    rules = [rule for rule in enforced_rules(problem) if skipped is None or not isinstance(rule, skipped)]
    return not any(rule.violations(problem, plan) for rule in rules)


def verdict_is_wrong(document: Document, accepts: Callable[[Problem, Plan], bool]) -> bool:
    """Whether the verifier and the plain reading of the format disagree on any plan."""
    problem, oracle = problem_from_document(document), Oracle(document)
    return any(
        accepts(problem, Plan.of(problem, choices)) != oracle.is_valid(choices) for choices in all_choices(document)
    )


@pytest.mark.parametrize(("skipped", "kind"), [(PairLatency, "max_rtt_ms"), (Capacity, "capacity")])
def test_a_verifier_that_forgets_a_rule_is_caught(skipped: type[Any], kind: str) -> None:
    assert caught(lambda document: verdict_is_wrong(document, lambda p, plan: accepted_without(skipped, p, plan)), kind)
    assert not caught(
        lambda document: verdict_is_wrong(document, lambda p, plan: accepted_without(None, p, plan)), kind, within=QUICK
    )
