"""A collector whose deliveries and totals are set by hand, and collecting from it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from collectors.collector import CollectWindow, DeliveredPart, Delivery, IndependentTotal
from collectors.commit import CollectReport, collect_bills, reconcile
from collectors.connections import Connection, FocusFolder
from collectors.focus.dialect import FOCUS, Dialect
from collectors.store import IngestStore
from collectors.store.checks import PeriodCheck
from tests.focus.bills import NOW, Cells, write_bill

JANUARY, FEBRUARY = "2025-01", "2025-02"
WINDOW = CollectWindow(first_period=JANUARY, last_period=FEBRUARY)
OF_FEBRUARY = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}


@dataclass
class Shelf:
    """A collector whose deliveries are set by hand: files on a shelf, by period."""

    folder: Path
    connection: Connection
    dialect: Dialect = FOCUS
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    totals: dict[str, IndependentTotal] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before_fetch: Callable[[], None] = lambda: None

    def put(self, period: str, *bills: list[Cells], row_count: int | None = None, run: str = "one") -> None:
        """A delivery of one CSV file for each bill."""
        parts = []
        for number, rows in enumerate(bills):
            path = write_bill(self.folder / f"{period}-{run}-{number}.csv", rows)
            parts.append(DeliveredPart(name=path.name, tag=f"{run}-{number}", byte_count=path.stat().st_size))
        self.deliveries[period] = Delivery(period=period, run_id=run, parts=tuple(parts), row_count=row_count)

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery]:
        """What was put there."""
        return {period: self.deliveries[period] for period in window.periods() if period in self.deliveries}

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """Copies of the files."""
        self.before_fetch()
        return tuple(
            Path(shutil.copyfile(self.folder / part.name, folder / f"{number:05d}-{part.name}"))
            for number, part in enumerate(delivery.parts)
        )

    def mark(self, delivery: Delivery) -> str:
        """Nothing."""
        return ""

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """What was set."""
        self.asked.extend(periods)
        return {period: self.totals[period] for period in periods if period in self.totals}


def shelf_in(folder: Path) -> Shelf:
    """An empty shelf in a new folder."""
    folder.mkdir()
    return Shelf(folder, FocusFolder(name="shelf", path=str(folder)))


def collect(shelf: Shelf, store: IngestStore) -> CollectReport:
    return collect_bills(shelf, store, WINDOW, now=NOW, pause=lambda seconds: None)  # type: ignore[arg-type]


def compare_totals(
    shelf: Shelf, store: IngestStore, *, at: datetime = NOW, ask_all: bool = False
) -> tuple[PeriodCheck, ...]:
    """Reconciliation of what was collected."""
    return reconcile(shelf, store, WINDOW, now=at, ask_all=ask_all)  # type: ignore[arg-type]
