"""Recovery copies that a policy demands and that do not exist yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from optimizer.domain.estate import Dataset, Estate
from optimizer.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandedCopy:
    """A copy to be made of ``primary``; ``id`` is ``<dataset>/copy-2`` for the second, the primary being the first."""

    id: str
    primary: Dataset


def demanded_copies(estate: Estate, policy: Policy, stale: frozenset[str]) -> tuple[DemandedCopy, ...]:
    """One entry per missing copy, in the estate's order.

    A dataset selected by several statements needs the largest of their numbers. Declared replicas count as copies of
    their primary and are not themselves copied; a stale duplicate is not protected, and an empty dataset has nothing
    to copy.
    """
    replicas = Counter(dataset.replica_of for dataset in estate.datasets if dataset.replica_of is not None)
    taken = {thing.id for things in (estate.workloads, estate.datasets) for thing in things}
    copies: list[DemandedCopy] = []
    for dataset in estate.datasets:
        if dataset.replica_of is not None or dataset.id in stale or not dataset.bands:
            continue
        wanted = max((rule.copies for rule in policy.recoveries if rule.select.selects(dataset)), default=1)
        number = 1 + replicas[dataset.id]
        missing = wanted - number
        while missing > 0:
            number += 1
            copy_id = f"{dataset.id}/copy-{number}"
            if copy_id not in taken:
                copies.append(DemandedCopy(id=copy_id, primary=dataset))
                missing -= 1
    return tuple(copies)
