"""Delivered files, kept as they came and named by their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collectors.store.durable import move_durably

_CHUNK_BYTES: Final = 1 << 20
SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """A delivered file: where it came from, its copy in the store, and the SHA-256 of its bytes."""

    origin: Path
    path: Path
    sha256: str


def suffix_of(path: Path) -> str | None:
    """The suffix of ``SUFFIXES`` that a file name ends in, in any letter case, or None.

    >>> suffix_of(Path("bill-00001.snappy.PARQUET")), suffix_of(Path("bill.csv.gz")), suffix_of(Path("bill.txt"))
    ('.parquet', '.csv.gz', None)
    """
    name = path.name.lower()
    return next((suffix for suffix in reversed(SUFFIXES) if name.endswith(suffix)), None)


def keep_raw(origin: Path, *, raw: Path, staging: Path, suffix: str) -> RawFile:
    """Copy a file into ``raw`` under the hash of its bytes, unless that content is there already.

    The hash is of the bytes written, so a file that changes while it is copied cannot be stored under a wrong name.

    Raises:
        OSError: the origin cannot be read or the store cannot be written.
    """
    digest = hashlib.sha256()
    unfinished = staging / f"raw{suffix}"
    with origin.open("rb") as reading, unfinished.open("wb") as writing:
        while chunk := reading.read(_CHUNK_BYTES):
            digest.update(chunk)
            writing.write(chunk)
    sha256 = digest.hexdigest()
    target = raw / sha256[:2] / f"{sha256}{suffix}"
    if target.exists():
        unfinished.unlink()
    else:
        move_durably(unfinished, target)
    return RawFile(origin=origin, path=target, sha256=sha256)
