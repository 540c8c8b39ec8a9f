"""Machine sizes that the company buys, from the price book."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from optimizer.errors import MissingPrice
from optimizer.pricing.book import PriceBook
from optimizer.pricing.machines import MachineOffer

SIZES_VCPU: Final = (2, 4, 8, 16, 32, 64)
MACHINE_SERVICE: Final[Mapping[str, str]] = MappingProxyType({"aws": "aws_ec2", "azure": "azure_vm", "gcp": "gcp_gce"})
_AWS_SIZES: Final = {2: "large", 4: "xlarge", 8: "2xlarge", 16: "4xlarge", 32: "8xlarge", 64: "16xlarge"}
_AWS_SERIES: Final = {"general": "m5", "memory": "r5"}
_AZURE_SERIES: Final = {"general": "D", "memory": "E"}
_GCP_SERIES: Final = {"general": "n2-standard", "memory": "n2-highmem"}


def machine_name(service: str, family: str, vcpu: int) -> str:
    """The company's standard size of a family (``general`` or ``memory``).

    >>> machine_name("aws_ec2", "general", 16), machine_name("azure_vm", "memory", 8)
    ('m5.4xlarge', 'Standard_E8s_v5')
    """
    if service == "aws_ec2":
        return f"{_AWS_SERIES[family]}.{_AWS_SIZES[vcpu]}"
    if service == "azure_vm":
        return f"Standard_{_AZURE_SERIES[family]}{vcpu}s_v5"
    return f"{_GCP_SERIES[family]}-{vcpu}"


def standard_machine(prices: PriceBook, place: str, family: str, vcpu: int) -> MachineOffer:
    """The standard size at a place.

    Raises:
        MissingPrice: the book does not sell it there.
    """
    service = MACHINE_SERVICE[place.partition(":")[0]]
    sku = machine_name(service, family, vcpu)
    offer = prices.machine(place, service, sku)
    if offer is None:
        raise MissingPrice(f"{service} {sku} is not in the price book at {place}; the sample estate runs on it")
    return offer


def larger(vcpu: int, steps: int) -> int:
    """The size ``steps`` steps up, or the largest.

    >>> larger(8, 1), larger(64, 2)
    (16, 64)
    """
    return SIZES_VCPU[min(SIZES_VCPU.index(vcpu) + steps, len(SIZES_VCPU) - 1)]
