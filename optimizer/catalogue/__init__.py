"""Which service can stand in for which, and how measured demand becomes billed quantities there."""

from typing import Final

from optimizer.catalogue.batch_compute import BATCH_COMPUTE
from optimizer.catalogue.entry import Limit, RoleCatalogue, ServiceEntry, SizingBand
from optimizer.catalogue.sql_warehouse import SQL_WAREHOUSE
from optimizer.catalogue.virtual_machine import VIRTUAL_MACHINE

ROLES_CATALOGUE: Final[tuple[RoleCatalogue, ...]] = (VIRTUAL_MACHINE, BATCH_COMPUTE, SQL_WAREHOUSE)
"""Roles of workloads. Datasets have one role, object storage: ``optimizer.catalogue.object_storage``."""

__all__ = ["ROLES_CATALOGUE", "Limit", "RoleCatalogue", "ServiceEntry", "SizingBand"]
