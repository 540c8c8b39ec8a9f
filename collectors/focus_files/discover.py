"""What lies in a month's folder: the files that its manifest lists, or, without a manifest, every FOCUS file in it.

Without a manifest nobody says that the delivery is whole. So the folder must have been left alone for
``QUIET_SECONDS``, and files that were collected before may not vanish unless new ones of at least as many bytes came.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from collectors.collector import DeliveredPart, Delivery
from collectors.errors import InvalidManifest, NotFoundAtProvider, ProviderError, TornDelivery
from collectors.focus.dialect import FOCUS_SUFFIXES
from collectors.store.raw import suffix_of

VENDOR: Final = "FOCUS folder"
QUIET_SECONDS: Final = 60
MANIFEST: Final = "manifest.json"
INVOICE: Final = "invoice.json"
_LARGEST_MANIFEST_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    """A manifest read: names within the folder in its order, rows when it states them, when it was written."""

    files: tuple[str, ...]
    rows: int | None
    written_ns: int
    tag: str


def look_at_month(folder: Path, period: str, *, now: datetime, mark: str = "") -> Delivery | ProviderError | None:
    """The delivery in ``folder``, or what is wrong with it; None when there is neither a manifest nor a FOCUS file.

    Args:
        folder: of the month.
        period: the month.
        now: aware.
        mark: what ``mark_of`` said of the delivery that was collected before.

    Raises:
        OSError: the folder cannot be read.
    """
    found = newest_manifest(folder)
    try:
        manifest = None if found is None else _read_manifest(found, folder)
        if manifest is None:
            return _without_manifest(folder, period, now, mark)
        if manifest.rows == 0:
            return _delivery(folder, period, (), manifest)
        return _delivery(folder, period, manifest.files, manifest)
    except (InvalidManifest, TornDelivery) as fault:
        return fault


def mark_of(delivery: Delivery) -> str:
    """Names and sizes of a delivery's files."""
    return json.dumps({"files": {part.name: part.byte_count for part in delivery.parts}})


def tag_of(path: Path) -> str:
    """Changes with every change of the file: identity, size, and both of its times in nanoseconds.

    Raises:
        OSError: it cannot be looked at.
    """
    seen = path.stat()
    return f"{seen.st_ino}-{seen.st_size}-{seen.st_mtime_ns}-{seen.st_ctime_ns}"


def _without_manifest(folder: Path, period: str, now: datetime, mark: str) -> Delivery | None:
    names = focus_files(folder)
    if not names:
        return None
    # When a file was modified can be set by whoever copies it; when it changed here cannot. A file that goes changes
    # the folder. An invoice that is corrected in its place is no part of the delivery.
    looked_at = (folder, *(each for each in folder.iterdir() if each.name != INVOICE))
    changed_ns = max(path.stat().st_ctime_ns for path in looked_at)
    if now.timestamp() - changed_ns / 1e9 < QUIET_SECONDS:
        raise _torn(
            folder, f"something in it changed less than {QUIET_SECONDS} s ago and no {MANIFEST} says that it is whole"
        )
    delivery = _delivery(folder, period, names, None)
    _refuse_loss(folder, delivery, mark)
    return delivery


def _refuse_loss(folder: Path, delivery: Delivery, mark: str) -> None:
    before = _files_before(mark)
    present = {part.name: part.byte_count or 0 for part in delivery.parts}
    gone = before.keys() - present.keys()
    came = present.keys() - before.keys()
    if sum(before[name] for name in gone) > sum(present[name] for name in came):
        raise InvalidManifest(
            f"the FOCUS folder {folder} has lost {', '.join(sorted(gone))} since it was collected, and no new files of "
            f"as many bytes came; what was stored of {delivery.period} stays; bring the files back, or write a "
            f'{MANIFEST} with {{"files": [...]}} beside the others to confirm that the month is smaller now',
            vendor=VENDOR,
            location=str(folder),
        )


def _files_before(mark: str) -> dict[str, int]:
    """Names and sizes of a mark; none where there is none or another release wrote it."""
    try:
        return {str(name): int(size) for name, size in json.loads(mark)["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _delivery(folder: Path, period: str, names: tuple[str, ...], manifest: _Manifest | None) -> Delivery:
    parts = []
    newest_ns = 0 if manifest is None else manifest.written_ns
    for name in names:
        path = folder / name
        try:
            seen, tag = path.stat(), tag_of(path)
        except FileNotFoundError as fault:
            raise _torn(path, "it is not there") from fault
        if manifest is not None and seen.st_mtime_ns > manifest.written_ns:
            raise _torn(path, f"it is newer than {MANIFEST}, which must be written last")
        newest_ns = max(newest_ns, seen.st_mtime_ns)
        parts.append(DeliveredPart(name=name, tag=tag, byte_count=seen.st_size))
    return Delivery(
        period=period,
        run_id="" if manifest is None else manifest.tag,
        parts=tuple(parts),
        row_count=None if manifest is None else manifest.rows,
        written_at=datetime.fromtimestamp(newest_ns // 1_000_000_000, UTC),
        native=folder,
    )


def focus_files(folder: Path) -> tuple[str, ...]:
    """Names of the FOCUS files directly in the folder; a hidden one is taken for unfinished.

    Raises:
        OSError: the folder cannot be read.
    """
    return tuple(
        sorted(
            each.name
            for each in os.scandir(folder)
            if each.is_file() and not each.name.startswith(".") and suffix_of(Path(each.name)) is not None
        )
    )


def newest_manifest(folder: Path) -> Path | None:
    """The manifest; of several in different letter case the one written last.

    Raises:
        OSError: the folder cannot be read.
    """
    found = [Path(each.path) for each in os.scandir(folder) if each.name.lower() == MANIFEST and each.is_file()]
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)


def _read_manifest(path: Path, folder: Path) -> _Manifest:
    seen = path.stat()
    if seen.st_size > _LARGEST_MANIFEST_BYTES:
        raise _invalid(path, f"it has {seen.st_size} bytes, more than {_LARGEST_MANIFEST_BYTES}")
    try:
        document: Any = json.loads(path.read_bytes())
        files, rows = document["files"], document.get("rows")
        if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
            raise TypeError("files must be a list of texts")
        if rows is not None and (not isinstance(rows, int) or isinstance(rows, bool) or rows < 0):
            raise TypeError("rows must be a whole number that is not negative")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise _invalid(path, repr(fault)) from fault
    if not files and rows != 0:
        raise _invalid(path, 'it lists no file; a month without a row says so with "rows": 0')
    for name in files:
        if suffix_of(Path(name)) is None or not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise _invalid(path, f"{name!r} is no {', '.join(FOCUS_SUFFIXES)} file within the folder")
    names = tuple(os.path.normpath(name) for name in files)
    if len({(folder / name).resolve() for name in names}) < len(names):
        raise _invalid(path, "it lists a file twice")
    return _Manifest(files=names, rows=rows, written_ns=seen.st_mtime_ns, tag=tag_of(path))


def absent(path: Path) -> NotFoundAtProvider:
    """The error for a folder that is not there."""
    return NotFoundAtProvider(
        f"the FOCUS folder {path} is not there; create it, or correct path in this connection",
        vendor=VENDOR,
        location=str(path),
    )


def _torn(path: Path, why: str) -> TornDelivery:
    return TornDelivery(
        f"the FOCUS folder's {path} is being delivered: {why}; nothing of its month was stored; try again when "
        "the delivery is complete",
        vendor=VENDOR,
        location=str(path),
    )


def _invalid(path: Path, why: str) -> InvalidManifest:
    return InvalidManifest(
        f"the FOCUS folder's manifest {path} cannot be read ({why}); expected "
        '{"files": [...], "rows": n} with names within its folder; write it again',
        vendor=VENDOR,
        location=str(path),
    )
