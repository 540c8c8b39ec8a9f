"""A folder that FOCUS files are put into, as the contract suite wants a vendor."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.connections.focus_files import FocusFolder
from collectors.focus_files import FocusFolderCollector, open_collector
from tests.collect.vendor import BilledRow, Fault
from tests.focus.bills import row, write_bill

WAIVED: Final[dict[Fault, str]] = {
    "throttled": "a folder has no limit of requests",
    "server_error": "no server answers for a folder",
    "cut_body": "no connection carries a folder's files",
    "expired_token": "a folder asks for no token",
    "denied": "the superuser, as whom tests may run, is never denied",
    "foreign_next_link": "a folder has no pages",
}


def focus_row(period: str, billed: BilledRow) -> dict[str, str | None]:
    """A charge as a row of FOCUS 1.2."""
    year, month = int(period[:4]), int(period[5:])
    following = f"{year + month // 12:04d}-{month % 12 + 1:02d}"
    cells = row(
        BilledCost=str(billed.cost),
        EffectiveCost=str(billed.cost),
        BillingCurrency=billed.currency,
        ChargeCategory=billed.category,
        ResourceId=f"arn:aws:s3:::{billed.thing}",
        BillingPeriodStart=f"{period}-01T00:00:00Z",
        BillingPeriodEnd=f"{following}-01T00:00:00Z",
        ChargePeriodStart=f"{period}-{billed.day:02d}T00:00:00Z",
        ChargePeriodEnd=f"{period}-{billed.day:02d}T01:00:00Z",
    )
    return cells | {f"x_{name.removeprefix('x_')}": value for name, value in (billed.extra or {}).items()}


@dataclass(slots=True, kw_only=True)
class FocusFolderVendor:
    """Implements ``tests.collect.vendor.Vendor`` on a folder of its own.

    A delivery of ``rows_of_two_files`` rows or more comes in two files.
    """

    root: Path
    rows_of_two_files: int = 2
    name: str = "focus_files"
    faults: frozenset[Fault] = frozenset(
        {"torn", "truncated_file", "gzip_bomb", "unreadable_manifest", "duplicate_manifest", "clock_skew"}
    )
    currencies: int = 3
    shows_empty: bool = True
    _kept: dict[Path, bytes | None] = field(default_factory=dict)

    def open(self) -> FocusFolderCollector:
        """A new collector."""
        return open_collector(FocusFolder(name="folder", path=str(self.root)), environ={})

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """One file or two and a manifest, in a sub-folder of the run's name when the run before is to be kept."""
        self.mend()
        month = self.root / period
        if month.exists() and not create_new:
            for each in month.glob("*.csv"):
                each.unlink()
        folder = month / run if create_new else month
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for number, some in enumerate((rows[::2], rows[1::2]) if len(rows) >= self.rows_of_two_files else (rows,)):
            path = folder / f"{run}-{number}.csv"
            write_bill(path, [focus_row(period, each) for each in some])
            files.append(str(path.relative_to(month)))
        self._write_manifest(month / "manifest.json", {"files": files, "rows": len(rows)})

    def deliver_empty(self, period: str, *, run: str) -> None:
        """A manifest that says that the month has no row."""
        self.mend()
        (self.root / period).mkdir(parents=True, exist_ok=True)
        self._write_manifest(self.root / period / "manifest.json", {"files": [], "rows": 0})

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Make the fault stand until ``mend``."""
        month = self.root / period
        manifest = month / "manifest.json"
        data = sorted(month.rglob("*.csv"))
        match fault:
            case "torn":
                self._keep(data[0])
                data[0].write_bytes(data[0].read_bytes() + b"\n")
                self._later(data[0], manifest)
            case "unreadable_manifest":
                self._keep(manifest)
                manifest.write_text(["not json", "[]", '{"files": ["../../secret.csv"]}'][variant % 3])
            case "truncated_file" | "gzip_bomb":
                self._keep(manifest)
                broken = month / "broken.csv.gz"
                self._kept[broken] = None
                whole = gzip.compress(data[0].read_bytes())
                if fault == "gzip_bomb":
                    whole = gzip.compress(data[0].read_bytes() + b'"' + b" " * (32 << 20) + b'"\n')
                broken.write_bytes(whole if fault == "gzip_bomb" else whole[: len(whole) // 2])
                self._write_manifest(manifest, {"files": ["broken.csv.gz"]})
            case "duplicate_manifest":
                older = month / "MANIFEST.json"
                self._kept[older] = None
                shutil.copyfile(manifest, older)
                stands = manifest.stat().st_mtime_ns
                os.utime(older, ns=(stands - 10**9, stands - 10**9))
            case "clock_skew":
                for each in [*data, manifest]:
                    stands = each.stat().st_mtime_ns + 3600 * 10**9
                    os.utime(each, ns=(stands, stands))
            case _:
                raise ValueError(f"{fault} cannot befall a folder: {WAIVED[fault]}")

    def mend(self) -> None:
        """Put back what the faults changed; the manifest comes last."""
        for path, content in sorted(self._kept.items(), key=lambda item: item[0].name == "manifest.json"):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        for month in {self.root / path.relative_to(self.root).parts[0] for path in self._kept}:
            for each in month.rglob("*.csv"):
                self._later(month / "manifest.json", each)
        self._kept.clear()

    def state_total(self, period: str, costs: Mapping[str, Decimal], *, final: bool) -> None:
        """An invoice beside the files."""
        (self.root / period).mkdir(parents=True, exist_ok=True)
        amounts = {currency: f"{cost:f}" for currency, cost in costs.items()}
        (self.root / period / "invoice.json").write_text(json.dumps({"costs": amounts, "final": final}))

    def _keep(self, path: Path) -> None:
        self._kept.setdefault(path, path.read_bytes())

    def _write_manifest(self, path: Path, content: Mapping[str, object]) -> None:
        path.write_text(json.dumps(content))

    def _later(self, path: Path, than: Path) -> None:
        """Clocks of file systems tick coarsely, so one file is made clearly newer than another."""
        if path.exists():
            stands = max(path.stat().st_mtime_ns, than.stat().st_mtime_ns + 1)
            os.utime(path, ns=(stands, stands))


def focus_folder_vendor(root: Path, *, rows_of_two_files: int = 2) -> FocusFolderVendor:
    """A vendor on an empty folder."""
    root.mkdir(parents=True, exist_ok=True)
    return FocusFolderVendor(root=root, rows_of_two_files=rows_of_two_files)
