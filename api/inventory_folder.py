"""The inventory in use: a validated copy in the data directory, replaced whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from collectors.inventory import read_inventory, write_inventory


def inventory_folder(data_directory: Path) -> Path:
    """Where the inventory in use lies."""
    return data_directory / "inventory"


def adopt_inventory(folder: Path, data_directory: Path) -> str:
    """Validate an inventory and make it the one in use; says what it holds.

    Raises:
        InventoryError: with file, line and column of every mistake; the inventory in use stays as it was.
    """
    inventory = read_inventory(folder)
    target = inventory_folder(data_directory)
    data_directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_directory, prefix=".inventory-") as unfinished:
        fresh = Path(unfinished) / "fresh"
        write_inventory(inventory, fresh)
        if target.exists():
            target.rename(Path(unfinished) / "previous")
        fresh.rename(target)
    return f"{len(inventory.workloads)} workloads, {len(inventory.datasets)} datasets, {len(inventory.lineage)} flows"
