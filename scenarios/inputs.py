"""What planning starts from: an edit turns one of these into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from optimizer.domain.estate import Dataset, Estate, Workload
from optimizer.domain.policy import Policy, Selector
from optimizer.pricing import PriceBook


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningInputs:
    """Everything that decides the problem. Edits act here and not on the problem, which has already lost whatever the
    candidate filters dropped. ``contracted_ratio`` is, by service, what the company pays over the list price; services
    without one are priced at list.
    """

    estate: Estate
    prices: PriceBook
    policy: Policy
    contracted_ratio: Mapping[str, Decimal] = field(default_factory=dict)

    def with_estate(self, **changes: object) -> PlanningInputs:
        """The same inputs with fields of the estate changed; the estate is validated again."""
        return replace(self, estate=replace(self.estate, **changes))  # type: ignore[arg-type]

    def with_policy(self, **changes: object) -> PlanningInputs:
        """The same inputs with fields of the policy changed; the policy is validated again."""
        return replace(self, policy=replace(self.policy, **changes))  # type: ignore[arg-type]

    def things(self) -> Iterator[Workload | Dataset]:
        """Every workload, then every dataset."""
        yield from self.estate.workloads
        yield from self.estate.datasets

    def selected_ids(self, select: Selector) -> frozenset[str]:
        """Ids of the workloads and datasets that a selector is about."""
        return frozenset(thing.id for thing in self.things() if select.selects(thing))
