"""One UTC day of access logs: its files some megabytes at a time, and for which buckets the day counts as watched.

S3 delivers server access logs on a best-effort basis, most within a few hours, and CloudTrail delivers most events
within minutes; neither promises all of them. So a day counts as watched a day after its end at the earliest, and only
for a bucket that a file of the day has an event of: where no log tells anything, nothing is known.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final

from collectors.aws.client import AwsClients
from collectors.aws.objects import StoredObject, read_small
from collectors.readings import SignalReading
from collectors.signals.errors import UnreadableSignals
from collectors.signals.readers import Delivered, ReadOptions, read_delivered
from collectors.signals.records import AccessEvent, AccessReading, Reject
from collectors.signals.uris import parse_uri

LARGEST_FILE_BYTES: Final = 128 << 20
BATCH_BYTES: Final = 16 << 20
SETTLED_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is remembered of files that were read: an event of the day for each bucket, and whether all were sound."""

    witnesses: dict[str, AccessEvent]
    is_whole: bool


@dataclass(slots=True, kw_only=True)
class LogDay:
    """The files of one folder that carry one UTC day in their keys; none is read before a reading is asked for.

    Attributes:
        kind: ``s3_server_log`` or ``cloudtrail``.
        folder: as the connection names it.
        day_on: the day in the keys. Files hold events of the day before as well.
        objects: at least one.
    """

    clients: AwsClients
    kind: str
    folder: str
    day_on: date
    objects: Sequence[StoredObject]
    _batches: list[list[StoredObject]] = field(init=False)
    _seen: dict[int, _Seen] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        # In the order in which they were written, so that files that come later change the last batch alone.
        self._batches = list(_batches(sorted(self.objects, key=lambda each: (each.written_at, each.key))))

    @property
    def is_settled(self) -> bool:
        """Whether the day ended so long ago that hardly anything of it is still to be delivered."""
        ended_at = datetime.combine(self.day_on + timedelta(days=1), time(), tzinfo=UTC)
        return self.clients.now() >= ended_at + SETTLED_AFTER

    def events(self) -> Iterator[SignalReading]:
        """All events, for one delivery of at most ``BATCH_BYTES`` (or one file) after the other; nothing is vouched."""
        for number, batch in enumerate(self._batches):
            yield SignalReading(
                kind=self.kind,
                reading=partial(self._read, number),
                fingerprint=self._fingerprint(batch, "events"),
                coverage=(),
            )

    def watch(self) -> SignalReading:
        """That the day was watched: for each bucket an event of it, told again, whose day the store takes as covered.

        An event that comes twice counts once. Empty when a file could not be read. Files are read again only when
        ``events`` of this object were not.
        """
        return SignalReading(
            kind=self.kind,
            reading=self._witnesses,
            fingerprint=self._fingerprint(self.objects, "watch"),
            coverage=None,
        )

    def _read(self, number: int) -> AccessReading:
        events: list[AccessEvent] = []
        rejects: list[Reject] = []
        skipped: dict[str, int] = {}
        is_whole = True
        for position, place in enumerate(self._batches[number], start=1):
            try:
                reading = _read_file(self.clients, self.kind, place)
            except UnreadableSignals as fault:
                # It stays as it is, so it is kept aside like a line that cannot be read; the day is not vouched for.
                rejects.append(Reject(row_number=position, reason=str(fault), text=place.uri))
                is_whole = False
                continue
            events.extend(reading.events)
            rejects.extend(reading.rejects)
            for reason, count in reading.skipped.items():
                skipped[reason] = skipped.get(reason, 0) + count
        of_the_day = {event.dataset_uri: event for event in events if event.at.date() == self.day_on}
        witnesses = {parse_uri(uri).scope: event for uri, event in of_the_day.items()}
        self._seen[number] = _Seen(witnesses=witnesses, is_whole=is_whole)
        return AccessReading(events=tuple(events), rejects=tuple(rejects), skipped=skipped)

    def _witnesses(self) -> AccessReading:
        for number in range(len(self._batches)):
            if number not in self._seen:
                self._read(number)
        if not all(seen.is_whole for seen in self._seen.values()):
            return AccessReading()
        witnesses: dict[str, AccessEvent] = {}
        for _, seen in sorted(self._seen.items()):
            witnesses.update(seen.witnesses)
        return AccessReading(events=tuple(witnesses.values()))

    def _fingerprint(self, objects: Iterable[StoredObject], what: str) -> str:
        facts = sorted((each.key, each.etag, each.byte_count) for each in objects)
        named = (what, self.kind, self.folder, self.day_on.isoformat(), facts)
        return hashlib.sha256(repr(named).encode()).hexdigest()


def _batches(objects: Iterable[StoredObject]) -> Iterator[list[StoredObject]]:
    """Files joined until they are ``BATCH_BYTES``: most of them hold a few lines."""
    batch: list[StoredObject] = []
    batch_bytes = 0
    for found in objects:
        batch.append(found)
        batch_bytes += found.byte_count
        if batch_bytes >= BATCH_BYTES:
            yield batch
            batch, batch_bytes = [], 0
    if batch:
        yield batch


def _read_file(clients: AwsClients, kind: str, place: StoredObject) -> AccessReading:
    if place.byte_count > LARGEST_FILE_BYTES:
        raise UnreadableSignals(f"{place.uri} has {place.byte_count} bytes; a log has at most {LARGEST_FILE_BYTES}")
    found = read_small(clients, place.bucket, place.key, etag=place.etag, most_bytes=LARGEST_FILE_BYTES)
    reading = read_delivered(kind, Delivered(name=place.uri, content=found.content), ReadOptions())
    if not isinstance(reading, AccessReading):
        raise TypeError(f"the reader of {kind} found states where accesses were expected")
    return reading
