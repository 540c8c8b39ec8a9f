"""How much of the world a price book covers: by service and place, with confidence and age, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from optimizer.pricing.book import PriceBook
from optimizer.pricing.names import CONFIDENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCoverage:
    """The prices of one service at one place. ``oldest_on`` and ``newest_on`` are when they were read."""

    service: str
    place_id: str
    rows: int
    best_confidence: str
    worst_confidence: str
    oldest_on: date
    newest_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCoverage:
    """Coverage of a whole book.

    ``missing`` are the pairs (service, place id) where the book knows the place and sells the service elsewhere at the
    same cloud, but has no price for it here: not offered or not known, never zero.
    """

    snapshot_id: str
    covered: tuple[ServiceCoverage, ...]
    missing: tuple[tuple[str, str], ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat record per (service, place), covered and missing, in a form that JSON can carry."""
        covered = [
            {
                "service": line.service,
                "place_id": line.place_id,
                "rows": line.rows,
                "best_confidence": line.best_confidence,
                "worst_confidence": line.worst_confidence,
                "oldest_on": line.oldest_on.isoformat(),
                "newest_on": line.newest_on.isoformat(),
            }
            for line in self.covered
        ]
        blank = dict.fromkeys(("best_confidence", "worst_confidence", "oldest_on", "newest_on"))
        missing = [{"service": service, "place_id": place_id, "rows": 0} | blank for service, place_id in self.missing]
        return sorted([*covered, *missing], key=lambda row: (row["service"], row["place_id"]))

    def by_service(self) -> list[dict[str, Any]]:
        """One record per service: places covered and missing, rows, worst confidence, oldest figure."""
        return [_summary(service, self) for service in sorted({line.service for line in self.covered})]


def price_coverage(book: PriceBook) -> PriceCoverage:
    """Coverage of ``book``, services and places in ascending order."""
    covered = tuple(_covered(book.rows()))
    sold = {(line.service, line.place_id) for line in covered}
    clouds: dict[str, set[str]] = {}
    for service, place_id in sold:
        clouds.setdefault(service, set()).add(place_id.partition(":")[0])
    missing = tuple(
        (service, place.id)
        for service in sorted(clouds)
        for place in book.places
        if place.provider in clouds[service] and (service, place.id) not in sold
    )
    return PriceCoverage(snapshot_id=book.snapshot_id, covered=covered, missing=missing)


def _covered(rows: pa.Table) -> Iterator[ServiceCoverage]:
    """Grouped by Arrow: confidences are compared by their rank, ``CONFIDENCES`` runs from best to worst."""
    rank = pc.index_in(rows["confidence"], value_set=pa.array(CONFIDENCES))
    ranked = rows.select(["service", "place_id", "as_of_on"]).append_column("rank", rank)
    grouped = ranked.group_by(["service", "place_id"]).aggregate(
        [("rank", "count"), ("rank", "min"), ("rank", "max"), ("as_of_on", "min"), ("as_of_on", "max")]
    )
    for group in grouped.sort_by([("service", "ascending"), ("place_id", "ascending")]).to_pylist():
        yield ServiceCoverage(
            service=group["service"],
            place_id=group["place_id"],
            rows=group["rank_count"],
            best_confidence=CONFIDENCES[group["rank_min"]],
            worst_confidence=CONFIDENCES[group["rank_max"]],
            oldest_on=group["as_of_on_min"],
            newest_on=group["as_of_on_max"],
        )


def _summary(service: str, coverage: PriceCoverage) -> dict[str, Any]:
    lines = [line for line in coverage.covered if line.service == service]
    return {
        "service": service,
        "places": len(lines),
        "missing_places": sum(1 for name, _ in coverage.missing if name == service),
        "rows": sum(line.rows for line in lines),
        "worst_confidence": CONFIDENCES[max(CONFIDENCES.index(line.worst_confidence) for line in lines)],
        "oldest_on": min(line.oldest_on for line in lines).isoformat(),
    }
