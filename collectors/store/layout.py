"""Where things lie in the data directory.

::

    ledger.sqlite                                   what is current, and the whole history
    store.lock                                      held by the one writer
    collecting-<hash of the origin>.lock            held while bills are collected from there
    raw/<first two hex digits>/<sha256><suffix>     files as they were delivered, never changed
    focus/<source>/<period>/<version>/part-*.parquet
    rejects/<source>/<period>/<version>/part-*.parquet
    readings/<table>/<source>/<unit>-<fingerprint>.parquet   usage, prices, commitments as vendors state them
    staging/<writer>/                               unfinished work; only the writer looks here

The folder of a source is its name with every unsafe character percent-encoded; a name too long for that is cut and
told apart by a hash.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

LONGEST_FOLDER_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths inside the data directory ``root``."""

    root: Path

    @property
    def ledger(self) -> Path:
        """The SQLite ledger."""
        return self.root / "ledger.sqlite"

    @property
    def lock(self) -> Path:
        """The file that the one writer locks."""
        return self.root / "store.lock"

    def collecting_lock(self, origin: str) -> Path:
        """The file that whoever collects from ``origin`` locks."""
        return self.root / f"collecting-{hashlib.sha256(origin.encode()).hexdigest()[:16]}.lock"

    @property
    def raw(self) -> Path:
        """Delivered files by content."""
        return self.root / "raw"

    @property
    def staging(self) -> Path:
        """Unfinished work."""
        return self.root / "staging"

    @property
    def rows(self) -> Path:
        """Usable rows, by source, period and version."""
        return self.root / "focus"

    @property
    def rejects(self) -> Path:
        """Rejected rows, by source, period and version."""
        return self.root / "rejects"

    @property
    def readings(self) -> Path:
        """What is read besides bills, by table and source."""
        return self.root / "readings"

    def folders(self) -> tuple[Path, ...]:
        """Every folder that a store has."""
        return (self.root, self.raw, self.staging, self.rows, self.rejects, self.readings)


def version_folder(source: str, period: str, version: str) -> Path:
    """Path of a version relative to ``focus/`` or ``rejects/``.

    >>> version_folder("aws:123", "2025-01", "v1-ab").as_posix()
    'aws%3A123/2025-01/v1-ab'
    """
    return Path(source_folder(source)) / period / version


def source_folder(source: str) -> str:
    """Name of the folder of a source."""
    name = quote(source, safe="").replace(".", "%2E")
    if len(name) > LONGEST_FOLDER_NAME:
        name = f"{name[:LONGEST_FOLDER_NAME]}-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    return name
