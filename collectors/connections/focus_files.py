"""Connections to folders: FOCUS files of any vendor, put there by somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from collectors.connections.base import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusFolder(Connection):
    """``<path>/<YYYY-MM>/*.csv|.csv.gz|.parquet``: all files of a month's folder are that month's bill.

    A file called ``manifest.json`` in a month's folder, when there is one, lists the files that belong to it
    (``{"files": [...], "rows": n}``); it is then the only thing believed, and must be written last. Without one, a
    month is collected once nothing in its folder has changed for a minute, and it may not shrink unseen: when files
    that were collected are gone, and no new ones of at least as many bytes came, the month stays as it is stored until
    they are back or a ``manifest.json`` confirms what is left. An ``invoice.json`` beside the files
    (``{"costs": {"USD": "12.50"}, "final": true}``) is the total that the month is compared with.
    """

    PROVIDER: ClassVar[str] = "focus"
    KIND: ClassVar[str] = "folder"
    MEANING: ClassVar[str] = "FOCUS files of any vendor in a folder, one sub-folder a month"
    LOOKING_IS_FREE: ClassVar[bool] = True

    path: str

    @property
    def origin(self) -> str:
        """The folder."""
        return f"file:{self.path}"

    def default_source(self) -> str:
        """``focus:<name>``."""
        return f"focus:{self.name}"
