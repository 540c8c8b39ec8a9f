"""Bills that lie where nobody looks: beside the months' folders, or in a folder whose name is no month.

Expected is ``<path>/<YYYY-MM>/<any name>.csv|.csv.gz|.parquet``. Whoever put a bill elsewhere believes that it counts,
so it is named, never passed over in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from collectors.collector import is_month
from collectors.focus.dialect import FOCUS_SUFFIXES
from collectors.focus_files.discover import INVOICE, MANIFEST, focus_files, newest_manifest

_NAMED_AT_MOST: Final = 3


def overlooked_bills(root: Path, *, now: datetime) -> tuple[str, ...]:
    """A sentence for each place at ``root`` whose bills are not read, with what was expected instead.

    Args:
        root: the folder of the connection.
        now: aware; the months after it have not begun.

    Raises:
        OSError: a folder cannot be read.
    """
    return (*_beside_months(root, now), *(why for month in _months(root) for why in _within_month(month, now)))


def holds_months(root: Path) -> bool:
    """Whether the folder has a sub-folder for at least one month.

    Raises:
        OSError: the folder cannot be read.
    """
    return bool(_months(root))


def _months(root: Path) -> list[Path]:
    return sorted(each for each in root.iterdir() if each.is_dir() and is_month(each.name))


def _beside_months(root: Path, now: datetime) -> Iterator[str]:
    loose = focus_files(root)
    if loose:
        yield (
            f"{_named(loose)} directly in {root} belongs to no month and is not read; move each bill into a folder of "
            f"its month, such as {root / f'{now:%Y-%m}'}"
        )
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and not is_month(folder.name):
            inside = _first_below(folder)
            if inside is not None:
                yield (
                    f"{folder} is named like no month, so {inside} and what else lies there is not read; name the "
                    f"folder YYYY-MM, such as {now:%Y-%m}"
                )


def _within_month(month: Path, now: datetime) -> Iterator[str]:
    if month.name > f"{now:%Y-%m}":
        if _first_below(month) is not None:
            yield f"{month} is of a month that has not begun and is not read; correct the name of the folder"
        return
    if newest_manifest(month) is not None:
        return
    for folder in sorted(each for each in month.iterdir() if each.is_dir() and not each.name.startswith(".")):
        inside = _first_below(folder)
        if inside is not None:
            yield (
                f"{inside} lies in a folder within the month {month} and is not read; move it into {month} itself, or "
                f"list it in a {MANIFEST} there"
            )
    others = sorted(each.name for each in month.iterdir() if each.is_file() and not each.name.startswith("."))
    if not focus_files(month) and set(others) - {INVOICE}:
        yield (
            f"{month} holds {_named(others)}, but no FOCUS file; expected a name ending in {', '.join(FOCUS_SUFFIXES)}"
        )


def _first_below(folder: Path) -> Path | None:
    """Some FOCUS file in the folder or below it."""
    for parent, folders, _ in os.walk(folder):
        folders.sort()
        names = focus_files(Path(parent))
        if names:
            return Path(parent) / names[0]
    return None


def _named(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
