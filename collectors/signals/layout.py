"""Where signals lie in the data directory of the ingest store.

::

    signals.sqlite                                  what is current, coverage, symlinks, what was delivered
    signals.lock                                    held by the one writer of signals
    signals/access/<source>/<day>/<part>.parquet    events of a UTC day
    signals/state/<source>/<day>/<part>.parquet     states of one scope on a day
    signals/rejects/<source>/<part>.parquet         lines and rows kept aside, with the reason
    staging/signals-<process>/                      unfinished work; only the writer looks here
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from collectors.store.layout import version_folder


@dataclass(frozen=True, slots=True)
class SignalLayout:
    """Paths inside the data directory ``root``."""

    root: Path

    @property
    def ledger(self) -> Path:
        """The SQLite ledger."""
        return self.root / "signals.sqlite"

    @property
    def lock(self) -> Path:
        """The file that the one writer locks."""
        return self.root / "signals.lock"

    @property
    def parts(self) -> Path:
        """Every Parquet file of signals."""
        return self.root / "signals"

    @property
    def staging(self) -> Path:
        """Unfinished work, shared with the store of bills under other names."""
        return self.root / "staging"


def part_folder(table: str, source: str, day: str) -> Path:
    """Folder of the parts of a table, source and day, relative to the data directory.

    >>> part_folder("access", "cloudtrail:main", "2026-01-31").as_posix()
    'signals/access/cloudtrail%3Amain/2026-01-31'
    """
    return Path("signals") / table / version_folder(source, day, "")
