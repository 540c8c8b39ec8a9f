"""Virtual machines: any cloud's machine that is big enough does the job."""

from __future__ import annotations

from typing import Final

from optimizer.catalogue.entry import RoleCatalogue, ServiceEntry, SizingBand

_SAME_VCPU: Final = SizingBand(
    low_ratio=0.9,
    expected_ratio=1.0,
    high_ratio=1.15,
    confidence="estimated",
    source="a vCPU is one hyper-thread of x86 on all three clouds; generations differ by 10-15 % at equal count",
)


def _machine(service: str, host: str, source: str) -> ServiceEntry:
    return ServiceEntry(service=service, hosts=(host,), billing="machine", sizing=_SAME_VCPU, source=source)


VIRTUAL_MACHINE: Final = RoleCatalogue(
    role="virtual_machine",
    entries=(
        _machine("aws_ec2", "aws", "https://aws.amazon.com/ec2/instance-types/"),
        _machine("azure_vm", "azure", "https://learn.microsoft.com/azure/virtual-machines/sizes/overview"),
        _machine("gcp_gce", "gcp", "https://cloud.google.com/compute/docs/machine-resource"),
    ),
)
