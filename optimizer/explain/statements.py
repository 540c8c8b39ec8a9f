"""From a rule of the problem back to the statement of the policy that made it, and the reason written there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from optimizer.domain.policy import Policy

CONSUMER_LATENCY: Final = "latency_to_consumers"
"""Family name of the rules that keep a workload near the people who wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """Statement ids of a policy and why each stands; ``because`` is keyed by statement id.

    ``recoveries`` are the ids of statements that ask for copies.
    """

    because: dict[str, str]
    recoveries: frozenset[str] = frozenset()

    @classmethod
    def of(cls, policy: Policy | None) -> Statements:
        """The statements of a policy file; none when there is no policy (a problem from elsewhere)."""
        if policy is None:
            return cls(because={})
        families = (
            policy.areas, policy.latencies, policy.capacities, policy.groups, policy.recoveries, policy.pins,
            policy.move_budgets, policy.provider_shares, policy.footprints,
        )  # fmt: skip
        because = {statement.id: statement.because for family in families for statement in family}
        return cls(
            because={**because, CONSUMER_LATENCY: "people or systems wait for it"},
            recoveries=frozenset(statement.id for statement in policy.recoveries),
        )

    def of_rule(self, rule_id: str) -> str:
        """Id of the statement that made a rule; the rule's own id when no statement did.

        One statement may make a rule for every dataset: those are named ``<statement>:<node>``.
        """
        if rule_id in self.because:
            return rule_id
        prefixes = [name for name in self.because if rule_id.startswith(f"{name}:")]
        return max(prefixes, key=len, default=rule_id)

    def reason(self, rule_id: str) -> str:
        """Why the rule stands, in the words of the policy; '' when nothing was written."""
        return self.because.get(self.of_rule(rule_id), "")
