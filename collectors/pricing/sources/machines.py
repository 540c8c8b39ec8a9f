"""Capacities of machine sizes (CC BY-SA 4.0 for AWS and Azure), and which family a size belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import SHARE_ALIKE, DraftMachine
from collectors.pricing.sources.reading import csv_rows

_FILE: Final = "prices/regions/vm_specs_sparecores_2026-01-31.csv"
_SOURCE: Final = "Spare Cores server table 2026-01-31"
_MEBIBYTES_PER_GIB: Final = 1024

_AWS_FAMILIES: Final = {"m": "general", "c": "compute", "r": "memory"}
_AZURE_FAMILIES: Final = {"D": "general", "F": "compute", "E": "memory"}


class Specifications:
    """Capacities by size, as far as the server table knows them."""

    def __init__(self, source: Path) -> None:
        columns = ("vendor", "server", "vcpus", "memory_mib", "cpu_arch")
        self._rows = {(row["vendor"], row["server"]): row for row in csv_rows(source / _FILE, columns)}

    def find(self, provider: str, service: str, sku: str, family: str) -> DraftMachine | None:
        """The machine size as a draft, or None when the table lacks it."""
        row = self._rows.get((provider, sku))
        if row is None or not float(row["vcpus"] or 0) or not float(row["memory_mib"] or 0):
            return None
        return DraftMachine(
            service=service,
            sku=sku,
            family=family,
            architecture="arm64" if row["cpu_arch"].upper().startswith("ARM") else "x86_64",
            vcpu=float(row["vcpus"]),
            memory_gib=float(row["memory_mib"]) / _MEBIBYTES_PER_GIB,
            source=_SOURCE,
            licence=SHARE_ALIKE,
        )


def aws_family(sku: str) -> str | None:
    """Family of an EC2 type by the first letter of its name; None for those that the book does not carry.

    >>> aws_family("m6i.xlarge"), aws_family("r5.large"), aws_family("t3.micro"), aws_family("mac1.metal")
    ('general', 'memory', None, None)
    """
    return _AWS_FAMILIES.get(sku[0]) if sku[1].isdigit() else None


def azure_family(sku: str) -> str | None:
    """Family of an Azure size by its series letter; None for those that the book does not carry.

    >>> azure_family("Standard_D4s_v5"), azure_family("Standard_E8-4s_v5"), azure_family("Standard_L8s_v3")
    ('general', None, None)
    """
    name = sku.removeprefix("Standard_")
    return None if "-" in name else _AZURE_FAMILIES.get(name[0])


def family_by_memory(gib_per_vcpu: float) -> str:
    """Family of a size by its memory: up to 2.5 GiB per vCPU compute, up to 5 general, above memory.

    >>> [family_by_memory(ratio) for ratio in (1, 4, 8)]
    ['compute', 'general', 'memory']
    """
    if gib_per_vcpu <= 2.5:
        return "compute"
    return "general" if gib_per_vcpu <= 5 else "memory"
