"""File operations that survive a power cut: what is said to be there is on the disk."""

from __future__ import annotations

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Force the contents of a finished file to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_durably(origin: Path, target: Path) -> None:
    """Rename a finished file within one file system; afterwards it is at ``target`` or still at ``origin``."""
    sync_file(origin)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(origin, target)
    sync_folder(target.parent)
