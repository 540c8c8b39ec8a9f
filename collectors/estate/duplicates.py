"""Datasets that hold the same content without having been declared copies of one another."""

from __future__ import annotations

from collections import defaultdict

from collectors.inventory import Inventory


def find_duplicates(inventory: Inventory) -> dict[str, str]:
    """Duplicate -> original, among datasets of equal ``content_hash`` that are not declared replicas.

    The original is the one that most workloads read; ties: the smaller id. Datasets without a hash are never compared.
    """
    readers: defaultdict[str, set[str]] = defaultdict(set)
    for row in inventory.lineage:
        if row.direction == "read":
            readers[row.dataset_id].add(row.workload_id)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for dataset in inventory.datasets:
        if dataset.content_hash and dataset.replica_of is None:
            alike[dataset.content_hash].append(dataset.dataset_id)
    original_of: dict[str, str] = {}
    for group in alike.values():
        original, *duplicates = sorted(group, key=lambda name: (-len(readers[name]), name))
        original_of.update(dict.fromkeys(duplicates, original))
    return original_of
