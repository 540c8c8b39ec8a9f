"""Measured round trips between regions."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import APACHE, MIT, DraftRoundTrip, Drafts, Origin
from collectors.pricing.sources.reading import csv_rows, json_document

SKYPLANE: Final = Origin(source="Skyplane measurements, April 2022", as_of_on=date(2022, 4, 1), licence=APACHE)
MICROSOFT: Final = Origin(
    source="Microsoft Azure region round trips (CC BY 4.0), collected by azscout",
    as_of_on=date(2026, 1, 1),
    licence=MIT,
)
_UNSTEADY_RATIO: Final = 20.0
"""A maximum this many times the minimum is a disturbed measurement, not a distance."""


def read_round_trips(source: Path, drafts: Drafts) -> None:
    """Skyplane's pairs first, then Microsoft's pairs of Azure regions where Skyplane has none."""
    columns = ("src", "dst", "min_rtt_ms", "avg_rtt_ms", "max_rtt_ms")
    known: set[tuple[str, str]] = set()
    for row in csv_rows(source / "latency/rtt_2022_04_compact.csv", columns):
        if float(row["max_rtt_ms"]) > _UNSTEADY_RATIO * float(row["min_rtt_ms"]):
            drafts.reject(SKYPLANE.source, "unsteady measurement: maximum above 20 times the minimum")
            continue
        _keep(drafts, (row["src"], row["dst"]), float(row["avg_rtt_ms"]), SKYPLANE, known)
    for pair, average_ms in _azure_pairs(source).items():
        if pair not in known:
            _keep(drafts, pair, average_ms, MICROSOFT, known)


def _keep(
    drafts: Drafts, pair: tuple[str, str], average_ms: float, origin: Origin, known: set[tuple[str, str]]
) -> None:
    unknown = next((place_id for place_id in pair if place_id not in drafts.places), None)
    if unknown is not None:
        drafts.reject(origin.source, f"place not in the regions table: {unknown}")
    elif pair[0] != pair[1]:
        known.add(pair)
        drafts.round_trips.append(
            DraftRoundTrip(from_place_id=pair[0], to_place_id=pair[1], average_ms=average_ms, origin=origin)
        )


def _azure_pairs(source: Path) -> dict[tuple[str, str], float]:
    names = json_document(source / "latency/azure_region_coordinates.json")
    region_of = {facts["displayName"]: region for region, facts in names.items()}
    pairs: dict[tuple[str, str], float] = {}
    with (source / "latency/azure_rtt_azscout.csv").open(newline="", encoding="utf-8") as stream:
        header, *rows = list(csv.reader(stream))
    for sender, *cells in rows:
        for receiver, cell in zip(header[1:], cells, strict=True):
            if cell:
                pairs[f"azure:{region_of[sender]}", f"azure:{region_of[receiver]}"] = float(cell)
    return pairs
