"""What a machine's name says about it: processor architecture, and sizes that a steady load must not be put on."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

ARM: Final = "arm64"
"""How the price book writes the architecture."""

_ARM: Final = {
    "aws_ec2": re.compile(r"^(a1|[a-z]+\d+g[a-z]*)\."),
    "azure_vm": re.compile(r"^(Standard_)?[A-Z]+\d+[a-z]*p[a-z]*([ _]v\d+)?$"),
    "gcp_gce": re.compile(r"^(t2a|c4a|n4a)-"),
}
"""AWS Graviton carries a ``g`` after the generation (m6g, c7gn), Azure Ampere and Cobalt a ``p`` among the lower-case
features (D4ps_v5, E8pds_v6), Google Tau T2A and Axion C4A/N4A are families. Software built for x86 does not run there
unchanged, so a workload is offered ARM only when it runs on ARM today.
"""

_BURSTING: Final = {
    "aws_ec2": re.compile(r"^(t\d|[a-z]+\d+i-flex\.)|\.metal"),
    "azure_vm": re.compile(r"^(Standard_)?B\d"),
    "gcp_gce": re.compile(r"^(e2-(micro|small|medium)|f1-|g1-)"),
}
"""Sizes whose vCPUs are a share of a core: AWS T and Flex (baseline below the vCPU count), Azure B, Google shared-core.
They do not sustain the utilisation that sizing assumes. Bare metal is not one machine of a cluster either.
"""


@cache
def is_arm(service: str, sku: str) -> bool:
    """Whether the machine size has an ARM processor.

    >>> is_arm("aws_ec2", "m6g.large"), is_arm("aws_ec2", "m6i.large"), is_arm("azure_vm", "D4ps_v5")
    (True, False, True)
    """
    pattern = _ARM.get(service)
    return pattern is not None and pattern.match(sku) is not None


@cache
def sustains_load(service: str, sku: str) -> bool:
    """Whether all vCPUs of the machine size can be used all the time.

    >>> sustains_load("aws_ec2", "t3.large"), sustains_load("aws_ec2", "m5.large")
    (False, True)
    """
    pattern = _BURSTING.get(service)
    return pattern is None or pattern.search(sku) is None
