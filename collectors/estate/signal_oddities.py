"""What a person should look at in the access signals of an estate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

from collectors.estate.outcome import EstateOddity
from collectors.signals.ownership import Ownership
from collectors.signals.totals import AccessTotal

EXAMPLES: Final = 5
_BYTES_PER_GB: Final = 1e9


def coverage_oddities(
    ratios: Mapping[tuple[str, str], float], *, least: float, complete: float
) -> tuple[EstateOddity, ...]:
    """Sources that watched the billing months in part: what was seen is scaled up, or not used."""
    shown = {f"{source} {scope}".strip(): ratio for (source, scope), ratio in sorted(ratios.items())}
    return (
        *_oddity(
            "signal_coverage_partial",
            "access signals that cover the billing months in part; amounts are scaled up by the part covered",
            [f"{name}: {ratio:.0%}" for name, ratio in shown.items() if least <= ratio < complete],
        ),
        *_oddity(
            "signal_coverage_low",
            f"access signals that cover less than {least:.0%} of the billing months; they are not used",
            [f"{name}: {ratio:.1%}" for name, ratio in shown.items() if ratio < least],
        ),
    )


def stranger_oddities(
    totals: Iterable[AccessTotal], ownership: Ownership, ratios: Mapping[tuple[str, str], float], months: int
) -> tuple[EstateOddity, ...]:
    """Datasets and readers that belong to nothing in the inventory, with what they moved, the largest first.

    An access is counted under its dataset when that is unknown, else under its reader. Sources are not added.
    """
    datasets: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    readers: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for total in totals:
        gb = total.moved_bytes / _BYTES_PER_GB / ratios[total.source, total.scope] / months
        if ownership.dataset_of(total.dataset_uri) is None:
            datasets[total.dataset_uri][total.source] += gb
        elif ownership.workload_of(principal=total.principal, job=total.job) is None:
            name = " ".join(part for part in (total.principal, total.job) if part) or "nobody named"
            readers[name][total.source] += gb
    return (
        *_strangers("signal_dataset_unknown", "accessed, but no resource of a dataset in the inventory", datasets),
        *_strangers("signal_reader_unknown", "accesses datasets, but belongs to no workload in the inventory", readers),
    )


def pair_oddities(
    seen_gb: Mapping[tuple[str, str, str], float | None],
    in_inventory: Set[tuple[str, str, str]],
    watched_dataset_ids: Set[str],
) -> tuple[EstateOddity, ...]:
    """Pairs that signals and inventory disagree about."""
    unseen = sorted(key for key in in_inventory - seen_gb.keys() if key[1] in watched_dataset_ids)
    new = sorted(key for key, gb in seen_gb.items() if key not in in_inventory and gb is not None)
    unmeasured = sorted(key for key, gb in seen_gb.items() if key not in in_inventory and gb is None)
    return (
        *_oddity(
            "lineage_not_seen",
            "in the inventory's lineage, but not seen by signals that saw all of the dataset; the estimate stays",
            [_told(key) for key in unseen],
        ),
        *_oddity(
            "lineage_added",
            "seen by access signals and missing in the inventory's lineage; added as a flow",
            [f"{_told(key)}: {seen_gb[key]:,.1f} GB a month" for key in new],
        ),
        *_oddity(
            "signal_without_bytes",
            "seen by access signals that do not say how much moved, and missing in the inventory's lineage; no flow",
            [_told(key) for key in unmeasured],
        ),
    )


def _told(key: tuple[str, str, str]) -> str:
    workload_id, dataset_id, direction = key
    return f"{workload_id} {direction}s {dataset_id}"


def _strangers(code: str, meaning: str, found: Mapping[str, Mapping[str, float]]) -> list[EstateOddity]:
    gb = {name: max(by_source.values()) for name, by_source in found.items()}
    names = sorted(gb, key=lambda name: (-gb[name], name))
    told = f"{meaning}; {sum(gb.values()):,.1f} GB a month in all"
    return _oddity(code, told, [f"{name}: {gb[name]:,.1f} GB a month" for name in names])


def _oddity(code: str, meaning: str, names: Sequence[str]) -> list[EstateOddity]:
    if not names:
        return []
    return [EstateOddity(code=code, meaning=meaning, count=len(names), examples=tuple(names[:EXAMPLES]))]
