"""The inventory: what runs and what is kept, told by the company itself, as one folder of CSV or Parquet tables."""

from collectors.inventory.errors import InventoryError, InventoryFault
from collectors.inventory.read import read_inventory
from collectors.inventory.rows import (
    BandRow,
    CommitmentRow,
    ConsumerRow,
    DatasetRow,
    Inventory,
    LineageRow,
    ResourceRow,
    WorkloadRow,
)
from collectors.inventory.write import write_inventory

__all__ = [
    "BandRow",
    "CommitmentRow",
    "ConsumerRow",
    "DatasetRow",
    "Inventory",
    "InventoryError",
    "InventoryFault",
    "LineageRow",
    "ResourceRow",
    "WorkloadRow",
    "read_inventory",
    "write_inventory",
]
