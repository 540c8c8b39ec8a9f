"""FOCUS files of any vendor, put into a folder by somebody else, one sub-folder a month."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.connections.base import Connection
from collectors.connections.focus_files import FocusFolder
from collectors.focus_files.billing import FocusFolderCollector


def open_collector(connection: Connection, *, environ: Mapping[str, str]) -> FocusFolderCollector:
    """A collector of the folder; ``environ`` is not looked at, for a folder needs no credentials.

    Raises:
        TypeError: the connection is of another provider.
    """
    if not isinstance(connection, FocusFolder):
        raise TypeError(f"connection {connection.name!r} is a {type(connection).__name__}, not a FocusFolder")
    return FocusFolderCollector(connection=connection)


__all__ = ["FocusFolderCollector", "open_collector"]
