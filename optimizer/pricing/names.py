"""The closed vocabularies of a price book: purchase terms, confidences, families, units."""

from __future__ import annotations

from typing import Final

from optimizer.units import BYTES_PER_GB, BYTES_PER_GIB

PURCHASES: Final = ("on_demand", "spot", "committed_1y", "committed_3y")
PAYMENT_MODELS: Final = ("no_upfront", "partial_upfront", "all_upfront")
CONFIDENCES: Final = ("seen", "derived", "estimated", "low")
"""From best to worst: read from the vendor's list, arithmetic on seen figures, scaled from another place, weak."""

FAMILIES: Final = ("general", "compute", "memory")
ARCHITECTURES: Final = ("x86_64", "arm64")
MACHINE_SERVICES: Final = ("aws_ec2", "azure_vm", "gcp_gce")
INTERNET_METER: Final = "internet"

NOT_SOLD: Final = -1
"""What a column of integers holds where a price or a confidence is unknown."""

_TIB_IN_GB: Final = 2**40 / BYTES_PER_GB
_GIB_IN_GB: Final = BYTES_PER_GIB / BYTES_PER_GB

QUOTED_UNITS: Final[dict[str, tuple[str, float]]] = {
    "hour": ("hour", 1.0),
    "request": ("request", 1.0),
    "object-month": ("object-month", 1.0),
    "credit": ("credit", 1.0),
    "DBU": ("DBU", 1.0),
    "DPU-hour": ("DPU-hour", 1.0),
    "RPU-hour": ("RPU-hour", 1.0),
    "slot-hour": ("slot-hour", 1.0),
    "GB": ("GB", 1.0),
    "GiB": ("GB", _GIB_IN_GB),
    "TB": ("GB", 1000.0),
    "TiB": ("GB", _TIB_IN_GB),
    "GB-month": ("GB-month", 1.0),
    "GiB-month": ("GB-month", _GIB_IN_GB),
    "TB-month": ("GB-month", 1000.0),
    "TiB-month": ("GB-month", _TIB_IN_GB),
}
"""Published unit -> (unit in which the book quotes it, how many of those one published unit holds).

Vendors write "GB" and bill 2^30 bytes. A row keeps the published figure under the unit that is really billed (``GiB``);
every quote is per 10^9 bytes, because that is how quantities are measured everywhere else in the product.
"""


def transfer_service(provider: str) -> str:
    """Name of the service under which a provider's data transfer is sold.

    >>> transfer_service("aws")
    'aws_transfer'
    """
    return f"{provider}_transfer"
