"""Files of signals into the store: one call is one publication."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from collectors.signals.coverage import NO_BRIDGE, Coverage, Window
from collectors.signals.errors import UnreadableSignals
from collectors.signals.kinds import kind_of
from collectors.signals.readers import Delivered, ReadOptions, read_delivered
from collectors.signals.records import AccessReading
from collectors.signals.store import SignalReceipt, SignalStore
from collectors.signals.writer import SignalWriter, spanned


def ingest_signal_files(
    store: SignalStore,
    paths: Sequence[Path],
    *,
    source: str,
    received_at: datetime,
    options: ReadOptions | None = None,
    covered: Window | None = None,
) -> tuple[SignalReceipt, ...]:
    """Store every file below ``paths`` (files, or folders with all they hold); all of them or, on an error, none.

    A file whose bytes came before from the same source is left alone. ``covered`` says which times the files watched,
    for every scope that they name; default: in each scope all days from the first event of this call to its last.
    States replace what the source told before of the days and scopes in them, so name all files of an inventory at
    once.

    Raises:
        UnknownSignalKind: the source begins with no kind.
        UnreadableSignals: a file is missing, empty of files, or no file of its kind.
        StoreBusy, StoreUnwritable: nothing was stored.
    """
    kind = kind_of(source)
    options = options or ReadOptions()
    receipts: list[SignalReceipt] = []
    spans: list[Coverage] = []
    with store.writing() as writer:
        for path in files_below(paths):
            receipt, found = _ingest(writer, path, source, options, needs_scopes=covered is not None)
            receipts.append(receipt)
            spans.extend(found)
        writer.cover(_declared(spans, covered) if covered is not None else _joined(spans, kind.bridge == NO_BRIDGE))
        writer.publish(published_at=received_at)
    return tuple(receipts)


def files_below(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files, and the files in the folders, sorted within each.

    Raises:
        UnreadableSignals: a path is not there, or there is no file at all.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(sorted(file for file in path.rglob("*") if file.is_file()))
        elif path.is_file():
            found.append(path)
        else:
            raise UnreadableSignals("there is no such file or folder; name one that is there", path=path)
    if not found:
        raise UnreadableSignals("there are no files to read; name files or a folder that holds some")
    return tuple(found)


def _ingest(
    writer: SignalWriter, path: Path, source: str, options: ReadOptions, *, needs_scopes: bool
) -> tuple[SignalReceipt, tuple[Coverage, ...]]:
    kind = kind_of(source)
    content = path.read_bytes()
    # The same inventory on another day is another statement; the same log is the same events whatever is said of it.
    facts = repr(options) if kind.table == "state" else ""
    fingerprint = hashlib.sha256(facts.encode() + content).hexdigest()
    known = writer.is_delivered(source, fingerprint)
    if known and not needs_scopes:
        return SignalReceipt(source=source, records=0, rejected=0, skipped=0, unchanged=True), ()
    reading = read_delivered(kind.name, Delivered(name=str(path), content=content), options)
    spans = spanned(source, reading.events) if isinstance(reading, AccessReading) else ()
    if known:
        return SignalReceipt(source=source, records=0, rejected=0, skipped=0, unchanged=True), spans
    if isinstance(reading, AccessReading):
        writer.add_access(source, reading, fingerprint=fingerprint, coverage=())
        records = len(reading.events)
    else:
        writer.add_state(source, reading, fingerprint=fingerprint)
        records = len(reading.states)
    receipt = SignalReceipt(
        source=source,
        records=records,
        rejected=len(reading.rejects),
        skipped=sum(reading.skipped.values()),
        unchanged=False,
        reject_reasons=Counter(reject.reason for reject in reading.rejects),
    )
    return receipt, spans


def _declared(spans: Iterable[Coverage], covered: Window) -> list[Coverage]:
    keys = sorted({(span.source, span.scope) for span in spans})
    return [Coverage(source=source, scope=scope, window=covered) for source, scope in keys]


def _joined(spans: Iterable[Coverage], across_gaps: bool) -> list[Coverage]:
    """The spans of the files; across the gaps between them, unless the source is a stream that may have been off."""
    if not across_gaps:
        return list(spans)
    joined: dict[tuple[str, str], Window] = {}
    for span in spans:
        before = joined.get((span.source, span.scope), span.window)
        joined[span.source, span.scope] = Window(
            from_at=min(before.from_at, span.window.from_at), to_at=max(before.to_at, span.window.to_at)
        )
    return [Coverage(source=source, scope=scope, window=window) for (source, scope), window in joined.items()]
