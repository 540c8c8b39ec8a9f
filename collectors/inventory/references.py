"""Checks that need whole tables: ids that lead somewhere, age bands that follow one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from collectors.inventory.errors import InventoryFault
from collectors.inventory.raw_table import RawTable
from collectors.inventory.rows import BandRow, Inventory


def reference_faults(inventory: Inventory, raw_by_table: Mapping[str, RawTable]) -> tuple[InventoryFault, ...]:
    """Every dangling reference, id of two kinds, bad chain of replicas and broken row of age bands.

    ``raw_by_table`` gives file names and lines; its rows stand in the order of the inventory's.
    """
    workload_ids = {row.workload_id for row in inventory.workloads}
    dataset_ids = {row.dataset_id for row in inventory.datasets}
    references = (
        ("datasets", "dataset_id", workload_ids, False),
        ("dataset_bands", "dataset_id", dataset_ids, True),
        ("resources", "belongs_to", workload_ids | dataset_ids, True),
        ("consumers", "workload_id", workload_ids, True),
        ("lineage", "workload_id", workload_ids, True),
        ("lineage", "dataset_id", dataset_ids, True),
    )
    faults: list[InventoryFault] = []
    for table, column, known, wanted in references:
        faults.extend(_membership(inventory, raw_by_table[table], table, column, known, wanted))
    faults.extend(_replica_faults(inventory, raw_by_table["datasets"]))
    faults.extend(_band_faults(inventory, raw_by_table["dataset_bands"], raw_by_table["datasets"]))
    return tuple(faults)


def _membership(
    inventory: Inventory, raw: RawTable, table: str, column: str, known: Collection[str], wanted: bool
) -> Iterator[InventoryFault]:
    rows = getattr(inventory, table)
    for line, row in zip(raw.lines, rows, strict=True):
        referred = getattr(row, column)
        if (referred in known) is not wanted:
            yield InventoryFault(
                file=raw.file,
                line=line,
                column=column,
                found=f"{referred!r} is not in the inventory" if wanted else f"{referred!r} is a workload's id as well",
                expected="an id of a row of workloads or datasets" if wanted else "ids that differ from workload ids",
                fix="add the row it refers to or remove this one" if wanted else "rename one of the two",
            )


def _replica_faults(inventory: Inventory, raw: RawTable) -> Iterator[InventoryFault]:
    by_id = {row.dataset_id: row for row in inventory.datasets}
    for line, row in zip(raw.lines, inventory.datasets, strict=True):
        if row.replica_of is None:
            continue
        primary = by_id.get(row.replica_of)
        if primary is None or primary is row or primary.replica_of is not None:
            if primary is None:
                found = f"{row.replica_of!r} is not a dataset of the inventory"
            elif primary is row:
                found = "the dataset is said to be a replica of itself"
            else:
                found = f"{row.replica_of!r} is itself a replica, of {primary.replica_of!r}"
            yield InventoryFault(
                file=raw.file, line=line, column="replica_of", found=found,
                expected="empty, or the id of a dataset that is no replica", fix="name the primary",
            )  # fmt: skip


def _band_faults(inventory: Inventory, raw: RawTable, raw_datasets: RawTable) -> Iterator[InventoryFault]:
    bands: dict[str, list[tuple[int, BandRow]]] = defaultdict(list)
    for line, band in zip(raw.lines, inventory.dataset_bands, strict=True):
        bands[band.dataset_id].append((line, band))
    expected = "bands that begin at 0 days, follow one another without gap or overlap, and end open"
    for dataset_line, dataset in zip(raw_datasets.lines, inventory.datasets, strict=True):
        own = sorted(bands[dataset.dataset_id], key=lambda numbered: numbered[1].min_age_days)
        if not own:
            yield InventoryFault(
                file=raw_datasets.file, line=dataset_line, column="dataset_id",
                found=f"{dataset.dataset_id!r} has no age band", expected="at least one row in dataset_bands",
                fix="add one",
            )  # fmt: skip
            continue
        begins: int | None = 0
        for line, band in own:
            if band.min_age_days != begins:
                yield _band_fault(
                    raw.file,
                    line,
                    "min_age_days",
                    band,
                    "no band after an open one" if begins is None else f"{begins} days",
                    expected,
                )
            if band.max_age_days is not None and band.max_age_days <= band.min_age_days:
                yield _band_fault(raw.file, line, "max_age_days", band, f"more than {band.min_age_days} days", expected)
            begins = band.max_age_days
        if begins is not None:
            yield _band_fault(raw.file, own[-1][0], "max_age_days", own[-1][1], "empty in the oldest band", expected)


def _band_fault(file: str, line: int, column: str, band: BandRow, wanted: str, expected: str) -> InventoryFault:
    return InventoryFault(
        file=file,
        line=line,
        column=column,
        found=f"{band.dataset_id!r} has a band from {band.min_age_days} to {band.max_age_days} days here",
        expected=f"{wanted} ({expected})",
        fix="correct the ages",
    )
