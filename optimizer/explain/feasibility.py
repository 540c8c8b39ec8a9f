"""Which rules concern a node, whether today keeps them, and which of them forbid something cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.candidates.candidate_set import CandidateSet
from optimizer.explain.alternatives import NodeAlternatives, RankedOption
from optimizer.explain.placement import placement_of
from optimizer.explain.recommendation_parts import (
    AlternativePlacement,
    Feasibility,
    RejectedCheaper,
    RuleVerdict,
)
from optimizer.explain.sentences import dollars
from optimizer.explain.statements import Statements
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules import enforced_rules
from optimizer.rules.copies import Copies
from optimizer.rules.keep_apart import KeepApart
from optimizer.rules.pair_latency import PairLatency
from optimizer.rules.rule import Rule, Violation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleBook:
    """Rules by the nodes that they name, and what today breaks, looked up once for a problem."""

    problem: Problem
    statements: Statements
    named: dict[int, tuple[Rule, ...]]
    gaps_today: tuple[Violation, ...]

    @classmethod
    def of(cls, problem: Problem, statements: Statements) -> RuleBook:
        """Read the rules of a problem."""
        named: dict[int, list[Rule]] = {}
        for rule in problem.rules:
            nodes: tuple[str, ...] = getattr(rule, "nodes", ())
            for node_id in nodes:
                named.setdefault(problem.node_index[node_id], []).append(rule)
        for flow in np.flatnonzero(~np.isnan(problem.flow_max_rtt_ms)).tolist():
            latency = PairLatency.of_flow(problem, flow)
            for node in {int(problem.flow_from[flow]), int(problem.flow_to[flow])}:
                named.setdefault(node, []).append(latency)
        return cls(
            problem=problem,
            statements=statements,
            named={node: tuple(rules) for node, rules in named.items()},
            gaps_today=gaps_today(problem),
        )

    def verdicts(self, node: int, plan: Plan) -> tuple[RuleVerdict, ...]:
        """Every rule that names the node: the verified plan keeps it; whether today does is the verdict."""
        today = Plan.stay(self.problem)
        found = []
        for rule in self.named.get(node, ()):
            broken = [v for v in rule.violations(self.problem, today) if self.problem.node_ids[node] in v.node_ids]
            evidence = broken[0].message if broken else self._evidence(rule, plan)
            found.append(
                RuleVerdict(
                    rule_id=rule.id,
                    rule_type=rule.type,
                    verdict="broken_today" if broken else "kept",
                    evidence=evidence,
                )
            )
        return tuple(found)

    def _evidence(self, rule: Rule, plan: Plan) -> str:
        if isinstance(rule, PairLatency) and rule.flow is not None and self.problem.rtt_ms is not None:
            places = [
                self.problem.option_place[plan.chosen[self.problem.option_node[plan.chosen] == end[rule.flow]]]
                for end in (self.problem.flow_from, self.problem.flow_to)
            ]
            slowest_ms = float(self.problem.rtt_ms[np.ix_(*places)].min(axis=0).max())
            return f"{slowest_ms:g} ms of at most {self.problem.flow_max_rtt_ms[rule.flow]:g} ms"
        return self.statements.reason(rule.id)


def gaps_today(problem: Problem) -> tuple[Violation, ...]:
    """Rules that today's placement breaks, demanded copies that do not exist yet included.

    What does not run yet is a gap only where a rule keeps it apart from something: then it is a copy that is missing.
    """
    today = Plan.stay(problem)
    found = [
        violation
        for rule in enforced_rules(problem)
        if not isinstance(rule, Copies)
        for violation in rule.violations(problem, today)
    ]
    for rule in problem.rules:
        if isinstance(rule, KeepApart):
            for node_id in rule.nodes:
                if problem.node_current[problem.node_index[node_id]] < 0:
                    message = f"{rule.id}: {node_id} does not exist yet"
                    found.append(Violation(rule_id=rule.id, node_ids=(node_id,), message=message))
    return tuple(found)


def feasibility_of(
    node: int, plan: Plan, *, rule_book: RuleBook, alternatives: NodeAlternatives, candidates: CandidateSet
) -> Feasibility:
    """What was checked for a node and what it may not have."""
    rejected = rejected_cheaper(alternatives, rule_book=rule_book, candidates=candidates)
    return Feasibility(
        rules=rule_book.verdicts(node, plan),
        binding=tuple(dict.fromkeys(found.rule_id for found in rejected)),
        rejected_cheaper=rejected,
    )


def rejected_cheaper(
    alternatives: NodeAlternatives, *, rule_book: RuleBook, candidates: CandidateSet
) -> tuple[RejectedCheaper, ...]:
    """Cheaper placements that a rule forbids, the cheapest first."""
    return tuple(
        RejectedCheaper(
            placement=placement_of(rule_book.problem, candidates, ranked.option),
            rule_id=ranked.broken_rules[0],
            because=rule_book.statements.reason(ranked.broken_rules[0]),
            forgone_monthly_micro_usd=round(-ranked.extra_micro_usd),
        )
        for ranked in alternatives.rejected_cheaper
    )


def shown_alternatives(
    alternatives: NodeAlternatives, *, problem: Problem, candidates: CandidateSet, limit: int
) -> tuple[AlternativePlacement, ...]:
    """The first few options, ranked by cost, what forbids a cheaper one or why a dearer one lost."""
    kept: Sequence[RankedOption] = _first_of_each(alternatives, limit)
    return tuple(
        AlternativePlacement(
            rank=rank,
            placement=placement_of(problem, candidates, ranked.option),
            monthly_micro_usd=round(ranked.cost_micro_usd),
            extra_monthly_micro_usd=round(ranked.extra_micro_usd),
            one_off_micro_usd=int(problem.option_one_off_micro_usd[ranked.option]),
            rule_id=ranked.broken_rules[0] if ranked.broken_rules else None,
            why_not_chosen=_why_not(ranked),
        )
        for rank, ranked in enumerate(kept, start=1)
    )


def _first_of_each(alternatives: NodeAlternatives, limit: int) -> tuple[RankedOption, ...]:
    """At most ``limit`` forbidden and ``limit`` allowed ones, in the order of their cost."""
    shown: list[RankedOption] = []
    for ranked in alternatives.ranked:
        alike = sum(bool(other.broken_rules) == bool(ranked.broken_rules) for other in shown)
        if alike < limit:
            shown.append(ranked)
    return tuple(shown)


def _why_not(ranked: RankedOption) -> str:
    if ranked.broken_rules:
        return f"rule {ranked.broken_rules[0]} forbids it"
    if ranked.is_cheaper:
        return f"{dollars(-ranked.extra_micro_usd)} a month cheaper: within the proved gap of the plan"
    if ranked.extra_micro_usd < 1:
        return "costs the same"
    return f"{dollars(ranked.extra_micro_usd)} a month dearer, data transfer and one-off costs counted"
