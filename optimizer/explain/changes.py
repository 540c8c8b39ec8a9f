"""What a plan changes: nodes whose option is not the one they have today."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.plan import Plan
from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A node that the plan does not leave as it is; option indices; ``current_option`` None: it does not run yet.

    ``chosen_options`` has as many entries as the node has copies.
    """

    node: int
    current_option: int | None
    chosen_options: tuple[int, ...]

    @property
    def is_move(self) -> bool:
        """Whether something that runs today changes (and not something new is added)."""
        return self.current_option is not None


def options_by_node(problem: Problem, plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Chosen options of every node, in the order of the nodes; () where the plan does not place a node."""
    chosen: list[list[int]] = [[] for _ in problem.node_ids]
    for option in plan.chosen.tolist():
        chosen[int(problem.option_node[option])].append(option)
    return tuple(tuple(options) for options in chosen)


def changes_of(problem: Problem, plan: Plan) -> tuple[Change, ...]:
    """Every node that the plan places otherwise than today, in the order of the nodes."""
    found = []
    for node, options in enumerate(options_by_node(problem, plan)):
        current = int(problem.node_current[node])
        if options and options != (current,):
            found.append(Change(node=node, current_option=None if current < 0 else current, chosen_options=options))
    return tuple(found)
