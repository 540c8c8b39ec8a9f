"""Writing to the store: stage, make durable, rename into place, then switch the ledger in one transaction.

Nothing is visible before the transaction. A writer killed earlier leaves files that no ledger row names; the next
writer removes them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from collectors.store.checks import DeliveryCall
from collectors.store.durable import move_durably, sync_folder
from collectors.store.layout import Layout, version_folder
from collectors.store.ledger import Ledger, LedgerEntry
from collectors.store.raw import RawFile, keep_raw
from collectors.store.versions import NewVersion, PeriodVersion


class StoreWriter:
    """What the holder of the lock may do. Made by ``IngestStore.writing``."""

    def __init__(self, layout: Layout, ledger: Ledger) -> None:
        self._layout = layout
        self._ledger = ledger
        self.staging = layout.staging / f"writer-{os.getpid()}"

    def clean_leftovers(self) -> None:
        """Remove what killed writers left: staging folders, and version folders that no ledger row names."""
        for leftover in self._layout.staging.iterdir():
            if leftover.name.startswith("writer-"):
                shutil.rmtree(leftover)
        self.staging.mkdir(parents=True)
        for kind, root in (("rows", self._layout.rows), ("rejects", self._layout.rejects)):
            known = {str(Path(part).parent) for part in self._ledger.parts(kind, current_only=False)}
            for folder in root.glob("*/*/*"):
                if str(folder.relative_to(self._layout.root)) not in known:
                    shutil.rmtree(folder)

    def discard_staging(self) -> None:
        """Remove this writer's unfinished work."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def keep(self, origin: Path, suffix: str, *, name: str) -> RawFile:
        """Copy a delivered file, which people call ``name``, into ``raw/``."""
        return keep_raw(origin, name=name, raw=self._layout.raw, staging=self.staging, suffix=suffix)

    def current(self) -> dict[tuple[str, str], PeriodVersion]:
        """The current versions by (source, period)."""
        return {(v.source, v.period): v for v in self._ledger.versions(current_only=True)}

    def delivered_before(self, fingerprint: str) -> tuple[tuple[PeriodVersion, ...], str] | None:
        """What an identical delivery became, when all of it is still current, with the report made then; else None."""
        return self._ledger.standing_delivery(fingerprint)

    def publish(
        self,
        new_versions: Sequence[NewVersion],
        *,
        call: DeliveryCall,
        report: str,
        ingested_at: datetime,
        instead_of: str | None = None,
    ) -> tuple[PeriodVersion, ...]:
        """Make versions current; one whose fingerprint is current already is left alone and told ``unchanged``.

        Args:
            new_versions: finished versions, their files still in the staging folder.
            call: how the delivery came in, so that the same one is recognised without work and can be replayed.
            report: JSON text kept with the delivery.
            ingested_at: moment to write in the ledger.
            instead_of: fingerprint of the delivery whose raw files these are, when it is normalised again.
        """
        current = self.current()
        taken: dict[tuple[str, str], int] = {}
        for version in self._ledger.versions(current_only=False):
            taken[version.source, version.period] = taken.get((version.source, version.period), 0) + 1
        versions: list[PeriodVersion] = []
        entries: list[LedgerEntry] = []
        members: dict[tuple[str, str], str] = {}
        for new in new_versions:
            key = (new.contents.source, new.contents.period)
            members[key] = new.contents.fingerprint
            present = current.get(key)
            if present is not None and present.fingerprint == new.contents.fingerprint:
                versions.append(replace(present, unchanged=True))
                continue
            name = f"v{taken.get(key, 0) + 1}-{new.contents.fingerprint[:8]}"
            entry = self._place(new, name, ingested_at)
            entries.append(entry)
            versions.append(entry.version)
        self._ledger.publish(entries, call=call, members=members, report=report, instead_of=instead_of)
        return tuple(versions)

    def _place(self, new: NewVersion, name: str, ingested_at: datetime) -> LedgerEntry:
        relative = version_folder(new.contents.source, new.contents.period, name)
        row_parts = self._move(new.row_parts, self._layout.rows / relative)
        reject_parts = self._move(new.reject_parts, self._layout.rejects / relative)
        version = PeriodVersion(contents=new.contents, version=name, current=True, ingested_at=ingested_at)
        return LedgerEntry(version=version, row_parts=row_parts, reject_parts=reject_parts)

    def _move(self, parts: Sequence[Path], folder: Path) -> tuple[str, ...]:
        targets = [folder / f"part-{position:05d}.parquet" for position in range(len(parts))]
        for part, target in zip(parts, targets, strict=True):
            move_durably(part, target)
        if targets:
            for parent in (folder.parent, folder.parent.parent, folder.parent.parent.parent):
                sync_folder(parent)
        return tuple(str(target.relative_to(self._layout.root)) for target in targets)
