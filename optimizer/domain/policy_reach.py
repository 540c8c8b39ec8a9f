"""Which statements of a policy are about nothing in an estate: usually a misspelt tag, never an error by itself."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.domain.estate import Dataset, Estate, Workload
from optimizer.domain.policy import Policy, Selector


def idle_statement_ids(policy: Policy, estate: Estate) -> tuple[str, ...]:
    """Statements whose selector selects no workload and no dataset, and groups that select fewer than two; in order."""
    datasets: Sequence[Workload | Dataset] = estate.datasets
    things: Sequence[Workload | Dataset] = (*estate.workloads, *estate.datasets)

    def reach(select: Selector, among: Sequence[Workload | Dataset]) -> int:
        return sum(select.selects(thing) for thing in among)

    idle = {area.id for area in policy.areas if not reach(area.select, things)}
    idle |= {latency.id for latency in policy.latencies if not reach(latency.select, things)}
    idle |= {pin.id for pin in policy.pins if not reach(pin.select, things)}
    idle |= {recovery.id for recovery in policy.recoveries if not reach(recovery.select, datasets)}
    idle |= {group.id for group in policy.groups if reach(group.select, things) < 2}
    return tuple(name for name in policy.statement_ids if name in idle)
