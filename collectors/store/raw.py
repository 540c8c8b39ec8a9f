"""Delivered files, kept as they came and named by their content."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collectors.store.durable import move_durably

SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What people know a delivered file by: its ``name``, and its ``location`` with whatever it takes to find it."""

    name: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """A delivered file: its name, where it came from, its copy in the store, and the SHA-256 of its bytes."""

    name: str
    origin: Path
    path: Path
    sha256: str

    @property
    def suffix(self) -> str:
        """What the name of the copy ends in, which says how it is read."""
        return self.path.name.removeprefix(self.sha256)


def suffix_of(path: Path, suffixes: tuple[str, ...] = SUFFIXES) -> str | None:
    """The suffix of ``suffixes`` that a file name ends in, in any letter case, or None.

    >>> suffix_of(Path("bill-00001.snappy.PARQUET")), suffix_of(Path("bill.csv.gz")), suffix_of(Path("bill.txt"))
    ('.parquet', '.csv.gz', None)
    """
    name = path.name.lower()
    return next((suffix for suffix in sorted(suffixes, key=len, reverse=True) if name.endswith(suffix)), None)


def keep_raw(origin: Path, *, name: str, raw: Path, staging: Path, suffix: str) -> RawFile:
    """Copy a file into ``raw`` under the hash of its bytes, unless that content is there already.

    The hash is of the copy, so a file that changes while it is copied cannot be stored under a wrong name.

    Raises:
        OSError: the origin cannot be read or the store cannot be written.
    """
    unfinished = staging / f"raw{suffix}"
    shutil.copyfile(origin, unfinished)
    with unfinished.open("rb") as copied:
        sha256 = hashlib.file_digest(copied, "sha256").hexdigest()
    target = raw_path(raw, sha256, suffix)
    if target.exists():
        unfinished.unlink()
    else:
        move_durably(unfinished, target)
    return RawFile(name=name, origin=origin, path=target, sha256=sha256)


def raw_path(raw: Path, sha256: str, suffix: str) -> Path:
    """Where the file of that content lies below ``raw``."""
    return raw / sha256[:2] / f"{sha256}{suffix}"
