"""Why not that: every other option of a node, ranked by cost, with the rule that rejects each one that is tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.explain.forbidden import ForbiddenChanges
from optimizer.explain.marginal import MarginalCosts
from optimizer.plan import Plan
from optimizer.problem.problem import Problem

ALTERNATIVES_SHOWN: Final = 5
OPTIONS_TESTED: Final = 40
"""Options of one node that are tested against the rules, cheapest first: bounds the work, not the truth of a line."""

INDIFFERENT_MICRO_USD: Final = 1.0
"""Two costs that differ by less count as equal: below what money resolves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedOption:
    """Another option of a node; ``extra_micro_usd`` a month above what the plan chose, negative when cheaper.

    ``broken_rules`` are the rules that the plan would break with it, () when it is allowed: all of them for a cheaper
    option, at least one for a dearer one.
    """

    option: int
    cost_micro_usd: float
    extra_micro_usd: float
    broken_rules: tuple[str, ...]

    @property
    def is_cheaper(self) -> bool:
        """Whether it would cost less than what the plan chose."""
        return self.extra_micro_usd < -INDIFFERENT_MICRO_USD


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAlternatives:
    """Tested alternatives of one node, cheapest first.

    ``chosen_cost_micro_usd`` is the node's part of the objective: its own cost, its flows, presence only it causes.
    """

    node: int
    chosen_option: int
    chosen_cost_micro_usd: float
    ranked: tuple[RankedOption, ...]

    @property
    def rejected_cheaper(self) -> tuple[RankedOption, ...]:
        """Cheaper and forbidden: the cheapest for each rule that comes first among those it breaks."""
        found: dict[str, RankedOption] = {}
        for ranked in self.ranked:
            if ranked.is_cheaper and ranked.broken_rules:
                found.setdefault(ranked.broken_rules[0], ranked)
        return tuple(found.values())

    @property
    def missed(self) -> tuple[RankedOption, ...]:
        """Cheaper and allowed: what a plan that is not proved to the last micro-USD can leave on the table."""
        return tuple(ranked for ranked in self.ranked if ranked.is_cheaper and not ranked.broken_rules)


def alternatives_of(problem: Problem, plan: Plan) -> tuple[NodeAlternatives, ...]:
    """Alternatives of every node that takes one option, the rest of the plan staying as it is."""
    costs, forbidden = MarginalCosts.around(problem, plan), ForbiddenChanges.around(problem, plan)
    single = [int(option) for option in plan.chosen if problem.node_copies[problem.option_node[option]] == 1]
    return tuple(_alternatives_of_node(option, costs, forbidden) for option in single)


def _alternatives_of_node(chosen: int, costs: MarginalCosts, forbidden: ForbiddenChanges) -> NodeAlternatives:
    problem = costs.problem
    node = int(problem.option_node[chosen])
    start = int(problem.node_start[node])
    option_micro_usd = costs.of_options(node)
    chosen_micro_usd = float(option_micro_usd[chosen - start])
    ranked: list[RankedOption] = []
    allowed = 0
    for position in np.argsort(option_micro_usd, kind="stable")[: OPTIONS_TESTED + 1].tolist():
        option = start + position
        if option == chosen:
            continue
        extra = float(option_micro_usd[position]) - chosen_micro_usd
        if extra >= -INDIFFERENT_MICRO_USD and allowed >= ALTERNATIVES_SHOWN:
            break
        broken = forbidden.broken_rules(option, thoroughly=extra < -INDIFFERENT_MICRO_USD)
        allowed += not broken
        ranked.append(
            RankedOption(
                option=option,
                cost_micro_usd=float(option_micro_usd[position]),
                extra_micro_usd=extra,
                broken_rules=broken,
            )
        )
    return NodeAlternatives(
        node=node, chosen_option=chosen, chosen_cost_micro_usd=chosen_micro_usd, ranked=tuple(ranked)
    )
