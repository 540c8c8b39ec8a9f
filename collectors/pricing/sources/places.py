"""Places from the table of regions (CC BY-SA 4.0)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import SHARE_ALIKE, DraftPlace, Drafts, Origin
from collectors.pricing.sources.reading import csv_rows

_FILE: Final = "prices/regions/regions_sparecores_2026-01-31.csv"
ORIGIN: Final = Origin(source="Spare Cores region table 2026-01-31", as_of_on=date(2026, 1, 31), licence=SHARE_ALIKE)

_CONTINENT_CODES: Final = {
    "Africa": "AF",
    "Asia": "AS",
    "Europe": "EU",
    "North America": "NA",
    "Oceania": "OC",
    "South America": "SA",
}
_MIDDLE_EAST: Final = frozenset({"AE", "BH", "IL", "KW", "OM", "QA", "SA", "TR"})

_EU_MEMBERS: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU_MEMBERS: Final = frozenset(_EU_MEMBERS.split(" "))
_EEA_BESIDES_EU: Final = frozenset({"IS", "LI", "NO"})

_CORRECTED: Final = {
    ("azure", "brazilsoutheast"): ("BR", "South America"),
    ("azure", "mexicocentral"): ("MX", "North America"),
}
"""Country and continent where the table contradicts its own coordinates (it says US and ZA): laws depend on these."""

_PRICED_THOUGH_INACTIVE: Final = frozenset({("azure", "newzealandnorth")})


def read_places(source: Path, drafts: Drafts) -> None:
    """All regions in service; staging regions of Azure and regions not in service are counted as rejected."""
    columns = ("vendor", "region_id", "api_reference", "country", "continent", "city", "lat", "lon", "status")
    for row in csv_rows(source / _FILE, columns):
        provider, region = row["vendor"], row["api_reference"]
        if region.endswith(("stg", "euap")):
            drafts.reject(ORIGIN.source, "staging region")
            continue
        if row["status"] != "ACTIVE" and (provider, region) not in _PRICED_THOUGH_INACTIVE:
            drafts.reject(ORIGIN.source, "region not in service")
            continue
        corrected = _CORRECTED.get((provider, region))
        country, continent = corrected or (row["country"], row["continent"])
        place_id = f"{provider}:{region}"
        drafts.places[place_id] = DraftPlace(
            place_id=place_id,
            continent="ME" if country in _MIDDLE_EAST else _CONTINENT_CODES[continent],
            jurisdictions=jurisdictions_of(country),
            city=row["city"],
            latitude_degrees=float(row["lat"]),
            longitude_degrees=float(row["lon"]),
            origin=ORIGIN.but(source=f"{ORIGIN.source}, country corrected") if corrected else ORIGIN,
        )


def jurisdictions_of(country: str) -> tuple[str, ...]:
    """The ISO 3166 country and its blocs.

    >>> jurisdictions_of("DE"), jurisdictions_of("NO"), jurisdictions_of("GB"), jurisdictions_of("US")
    (('DE', 'EU', 'EEA'), ('NO', 'EEA'), ('GB', 'UK'), ('US',))
    """
    if country in EU_MEMBERS:
        return (country, "EU", "EEA")
    if country in _EEA_BESIDES_EU:
        return (country, "EEA")
    return (country, "UK") if country == "GB" else (country,)
