"""Where the sample company may keep and run things: twelve jurisdictions and its home places in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """``homes`` are the company's places there, most used first; critical data may be in the ``legal_area`` countries.

    ``activity_ratio`` is the share of the platform's activity that business units of this jurisdiction cause.
    """

    code: str
    activity_ratio: float
    business_units: int
    homes: tuple[str, ...]
    legal_area: tuple[str, ...]


_EU: Final = ("DE", "FR", "IE")

JURISDICTIONS: Final = (
    Jurisdiction(
        code="US",
        activity_ratio=0.40,
        business_units=14,
        homes=("aws:us-east-1", "azure:eastus", "gcp:us-central1", "aws:us-west-2"),
        legal_area=("US",),
    ),
    Jurisdiction(
        code="UK",
        activity_ratio=0.12,
        business_units=6,
        homes=("aws:eu-west-2", "azure:uksouth"),
        legal_area=("UK", *_EU),
    ),
    Jurisdiction(code="DE", activity_ratio=0.08, business_units=4, homes=("aws:eu-central-1",), legal_area=_EU),
    Jurisdiction(
        code="IE",
        activity_ratio=0.08,
        business_units=3,
        homes=("aws:eu-west-1", "azure:northeurope"),
        legal_area=_EU,
    ),
    Jurisdiction(code="FR", activity_ratio=0.05, business_units=3, homes=("azure:francecentral",), legal_area=_EU),
    Jurisdiction(
        code="CH",
        activity_ratio=0.06,
        business_units=3,
        homes=("azure:switzerlandnorth", "gcp:europe-west6"),
        legal_area=("CH",),
    ),
    Jurisdiction(
        code="CA",
        activity_ratio=0.05,
        business_units=3,
        homes=("aws:ca-central-1", "azure:canadacentral"),
        legal_area=("CA",),
    ),
    Jurisdiction(
        code="SG",
        activity_ratio=0.05,
        business_units=3,
        homes=("aws:ap-southeast-1", "gcp:asia-southeast1"),
        legal_area=("SG",),
    ),
    Jurisdiction(
        code="JP",
        activity_ratio=0.04,
        business_units=2,
        homes=("aws:ap-northeast-1", "azure:japaneast"),
        legal_area=("JP",),
    ),
    Jurisdiction(
        code="AU",
        activity_ratio=0.03,
        business_units=2,
        homes=("azure:australiaeast", "aws:ap-southeast-2"),
        legal_area=("AU",),
    ),
    Jurisdiction(
        code="IN",
        activity_ratio=0.02,
        business_units=2,
        homes=("aws:ap-south-1", "azure:centralindia"),
        legal_area=("IN",),
    ),
    Jurisdiction(
        code="BR",
        activity_ratio=0.02,
        business_units=2,
        homes=("aws:sa-east-1", "azure:brazilsouth"),
        legal_area=("BR",),
    ),
)
"""Two places per jurisdiction, so that critical data can survive a region without leaving the legal area; the EU three
share theirs. Activity follows a bank whose home market is the US and whose European hub is London."""

BY_CODE: Final[Mapping[str, Jurisdiction]] = MappingProxyType({found.code: found for found in JURISDICTIONS})

HUBS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "US": (),
        "CA": ("aws:us-east-1", "gcp:us-central1"),
        "BR": ("aws:us-east-1", "gcp:us-central1"),
        "UK": ("aws:eu-west-1", "azure:northeurope", "gcp:europe-west6"),
        "DE": ("aws:eu-central-1", "azure:northeurope", "gcp:europe-west6"),
        "FR": ("aws:eu-west-1", "azure:northeurope", "gcp:europe-west6"),
        "IE": ("gcp:europe-west6",),
        "CH": ("aws:eu-central-1",),
        "SG": ("azure:japaneast",),
        "JP": ("gcp:asia-southeast1",),
        "AU": ("gcp:asia-southeast1",),
        "IN": ("gcp:asia-southeast1",),
    }
)
"""The regional hub that a business unit uses for a provider that its own country has no place of."""

PLACES: Final = tuple(sorted({place for found in JURISDICTIONS for place in found.homes}))
_COUNTRY_OF: Final = {place: found.code for found in JURISDICTIONS for place in found.homes}


def provider_of(place: str) -> str:
    """The provider part of a place id.

    >>> provider_of("aws:us-east-1")
    'aws'
    """
    return place.partition(":")[0]


def region_of(place: str) -> str:
    """The region part of a place id.

    >>> region_of("aws:us-east-1")
    'us-east-1'
    """
    return place.partition(":")[2]


def usable_places(jurisdiction: str, providers: tuple[str, ...]) -> tuple[str, ...]:
    """Home places of these providers, then hubs, nearest first; empty when the company has none in reach."""
    reachable = (*BY_CODE[jurisdiction].homes, *HUBS[jurisdiction])
    return tuple(place for place in reachable if provider_of(place) in providers)


def is_legal(jurisdiction: str, place: str) -> bool:
    """Whether critical data of a jurisdiction may be in a place."""
    return _COUNTRY_OF[place] in BY_CODE[jurisdiction].legal_area
