"""Snowflake's names of regions as the host clouds name them.

Source: https://docs.snowflake.com/en/user-guide/admin-account-identifier.
"""

from __future__ import annotations

from typing import Final

_SEPARATORS: Final = {"aws": "-", "gcp": "-", "azure": ""}


def place_of(region: str | None) -> str | None:
    """``cloud:region`` of a name such as ``AWS_US_EAST_1`` or ``PUBLIC.AZURE_WESTEUROPE``; None when it is none.

    >>> place_of("AWS_US_EAST_1"), place_of("PUBLIC.AZURE_WESTEUROPE"), place_of("GCP_EUROPE_WEST4"), place_of("MOON")
    ('aws:us-east-1', 'azure:westeurope', 'gcp:europe-west4', None)
    """
    cloud, _, name = (region or "").rpartition(".")[2].lower().partition("_")
    if cloud not in _SEPARATORS or not name:
        return None
    return f"{cloud}:{name.replace('_', _SEPARATORS[cloud])}"


def region_name(region: str | None) -> str | None:
    """The host cloud's name of the region; the text itself when it is not understood.

    >>> region_name("AWS_US_EAST_1"), region_name("MOON"), region_name(None)
    ('us-east-1', 'MOON', None)
    """
    place = place_of(region)
    return region if place is None else place.partition(":")[2]


def transfer_place(cloud: str | None, region: str | None) -> str | None:
    """``cloud:region`` of one end of a transfer, whose cloud stands in its own column; ``internet`` without a cloud.

    >>> transfer_place("AWS", "us-west-2"), transfer_place("AZURE", "AZURE_WESTEUROPE"), transfer_place(None, None)
    ('aws:us-west-2', 'azure:westeurope', 'internet')
    """
    if not cloud or not region:
        return "internet"
    return place_of(region) or f"{cloud.lower()}:{region.lower()}"
