"""S3 server access logs and CloudTrail data events, found by the dates in their keys, and the days they vouch for."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.collector import CollectWindow
from collectors.commit.readings import ReadReport, collect_readings
from collectors.errors import AccessDenied, NotFoundAtProvider
from collectors.readings import SignalReading
from collectors.signals.last_access import NotSince, Unknown, last_access
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.store import SignalStore
from collectors.store import EngineLimits, IngestStore
from tests.collect.aws.bucket import ACCOUNT, BillingBucket

WINDOW = CollectWindow(first_period="2026-02", last_period="2026-03")
LOG = "logs/{}-10-00-00-AB12"


def access(bucket: BillingBucket, window: CollectWindow = WINDOW, **settings: Any) -> list[SignalReading]:
    found = list(bucket.open("focus", **settings).readings("access", window))
    return [each for each in found if isinstance(each, SignalReading)]


def read(each: SignalReading) -> AccessReading:
    reading = each.reading() if callable(each.reading) else each.reading
    assert isinstance(reading, AccessReading)
    return reading


def events(found: list[SignalReading]) -> list[AccessEvent]:
    """All events, without those that are told again to vouch for their day."""
    return [event for each in found if each.coverage == () for event in read(each).events]


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    """An empty store."""
    return IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))


def collect(bucket: BillingBucket, store: IngestStore, window: CollectWindow = WINDOW, **settings: Any) -> ReadReport:
    settings = settings or {"access_logs": (f"s3://{bucket.name}/logs",)}
    return collect_readings(bucket.open("focus", **settings), store, "access", window, now=bucket.now)


def watched(store: IngestStore) -> list[tuple[str, date, date]]:
    """Scope, first and last day of every covered window."""
    return [
        (each.scope, each.window.from_at.date(), (each.window.to_at - timedelta(seconds=1)).date())
        for each in SignalStore.open(store.folder).coverage()
    ]


def stored_keys(store: IngestStore) -> list[str]:
    with SignalStore.open(store.folder).connect() as connection:
        found = connection.execute("SELECT event_key FROM access_events ORDER BY event_key").fetchall()
    return [key for (key,) in found]


def march(day: int, last: int | None = None, scope: str = "s3://lake") -> tuple[str, date, date]:
    return scope, date(2026, 3, day), date(2026, 3, last or day)


def log_line(number: int, day: int = 2, source: str = "lake") -> str:
    """A read of 512 of 2048 bytes."""
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/etl/session"
    return (
        f"79a5 {source} [{day:02d}/Mar/2026:10:00:00 +0000] 10.0.0.1 {role} REQ{number} REST.GET.OBJECT "
        "raw/orders/a.parquet "
        f'"GET /raw/orders/a.parquet HTTP/1.1" 206 - 512 2048 7 6 "-" "boto3" - id= SigV4 - - host TLSv1.2 -\n'
    )


def trail_record(number: int, day: int = 2) -> dict[str, Any]:
    return {
        "eventTime": f"2026-03-{day:02d}T10:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventCategory": "Data",
        "eventID": f"e-{number}",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"arn": f"arn:aws:iam::{ACCOUNT}:user/ann"},
        "requestParameters": {"bucketName": "lake", "key": "raw/orders/a.parquet"},
        "additionalEventData": {"bytesTransferredOut": 99},
    }


def test_nothing_is_read_that_the_connection_does_not_name(bucket: BillingBucket) -> None:
    assert access(bucket) == []


@pytest.mark.parametrize(
    ("folder", "keys"),
    [
        ("logs", "logs/{day}-10-00-00-AB12"),
        ("logs/", "logs/lake/{day}-10-00-00-AB12"),
        ("logs/access-", "logs/access-{day}-10-00-00-AB12"),
        ("logs/{a}", "logs/{{a}}/{day}-10-00-00-AB12"),
        ("", "{day}-10-00-00-AB12"),
        ("logs", f"logs/{ACCOUNT}/eu-west-1/lake/{{parted}}/{{day}}-10-00-00-AB12"),
    ],
)
def test_server_logs_of_the_window_are_read_in_every_layout(bucket: BillingBucket, folder: str, keys: str) -> None:
    for number, day in enumerate(("2026-01-31", "2026-02-28", "2026-03-02", "2026-04-01")):
        bucket.put(keys.format(day=day, parted=day.replace("-", "/")), log_line(number).encode())
    bucket.put("logs/2026-03-02-not-a-log.txt", b"something else")
    bucket.put("logs/2026-03-99-10-00-00-no-day", b"something else")
    found = access(bucket, access_logs=(f"s3://{bucket.name}/{folder}",))
    assert sorted(event.event_key for event in events(found)) == ["REQ1 REST.GET.OBJECT", "REQ2 REST.GET.OBJECT"]
    (first, *_) = events(found)
    assert (first.dataset_uri, first.op, first.moved_bytes) == ("s3://lake/raw/orders", "read", 512)
    assert first.principal == f"arn:aws:iam::{ACCOUNT}:role/etl"
    assert {each.kind for each in found} == {"s3_server_log"}


@pytest.mark.covers("aws", "access")
@pytest.mark.parametrize("organisation", ["", "o-abc123/"])
def test_trails_of_the_window_are_read(bucket: BillingBucket, organisation: str) -> None:
    for number, day in enumerate(("2026/01/31", "2026/02/28", "2026/03/02")):
        content = gzip.compress(json.dumps({"Records": [trail_record(number), trail_record(number)]}).encode())
        folder = f"trail/AWSLogs/{organisation}{ACCOUNT}"
        bucket.put(f"{folder}/CloudTrail/eu-west-1/{day}/file_{number}.json.gz", content)
        bucket.put(f"{folder}/CloudTrail-Digest/eu-west-1/{day}/digest.json.gz", b"no records")
    found = access(bucket, trails=(f"s3://{bucket.name}/trail",))
    assert [event.event_key for event in events(found)] == [f"{ACCOUNT}:e-1"] * 2 + [f"{ACCOUNT}:e-2"] * 2
    assert {event.moved_bytes for event in events(found)} == {99}


def test_a_day_of_all_regions_of_a_trail_is_one_delivery(bucket: BillingBucket, store: IngestStore) -> None:
    for number, (region, day) in enumerate((region, day) for region in ("eu-west-1", "us-east-1") for day in (2, 3)):
        content = gzip.compress(json.dumps({"Records": [trail_record(number, day)]}).encode())
        bucket.put(f"trail/AWSLogs/{ACCOUNT}/CloudTrail/{region}/2026/03/{day:02d}/{number}.json.gz", content)
    settings = {"trails": (f"s3://{bucket.name}/trail",)}
    found = [each for each in access(bucket, **settings) if each.coverage == ()]
    assert [sorted(event.event_key[-3:] for event in read(each).events) for each in found] == [
        ["e-0", "e-2"],
        ["e-1", "e-3"],
    ]
    collect(bucket, store, **settings)
    assert watched(store) == [march(2, 3)]


def test_the_same_files_are_the_same_delivery_and_another_file_is_another(bucket: BillingBucket) -> None:
    def fingerprints() -> list[str]:
        return [each.fingerprint for each in access(bucket, access_logs=(f"s3://{bucket.name}/logs",))]

    bucket.put(LOG.format("2026-03-02"), log_line(1).encode())
    first = fingerprints()
    assert len(set(first)) == 2, "the events, and that the day was watched"
    assert fingerprints() == first
    bucket.put("logs/2026-03-02-11-00-00-AB13", log_line(2).encode())
    assert set(fingerprints()).isdisjoint(first)
    bucket.put("logs/2026-03-02-11-00-00-AB13", log_line(3).encode())
    assert set(fingerprints()).isdisjoint(first)


def test_files_that_were_stored_are_not_downloaded_again(bucket: BillingBucket, store: IngestStore) -> None:
    for day in (2, 3, 4):
        bucket.put(LOG.format(f"2026-03-{day:02d}"), log_line(day, day).encode())
    data = f"GET /{bucket.name}/logs/"
    assert collect(bucket, store).changed
    assert bucket.proxy.calls(data) == 3, "each once, though every day is vouched for as well"
    bucket.proxy.reset()
    assert not collect(bucket, store).changed
    assert bucket.proxy.calls(data) == 0
    bucket.put("logs/2026-03-03-12-00-00-AB12", log_line(9, 3).encode())
    assert collect(bucket, store).changed
    assert bucket.proxy.calls(data) == 2, "the day that changed, and no other"
    assert stored_keys(store) == [f"REQ{number} REST.GET.OBJECT" for number in (2, 3, 4, 9)]


def test_nothing_is_downloaded_before_a_reading_is_asked_for(bucket: BillingBucket) -> None:
    bucket.put(LOG.format("2026-03-02"), log_line(1).encode())
    found = access(bucket, access_logs=(f"s3://{bucket.name}/logs",))
    assert (len(found), bucket.proxy.calls(f"GET /{bucket.name}/logs/")) == (2, 0)


def test_days_without_logs_are_unknown_and_not_days_without_access(bucket: BillingBucket, store: IngestStore) -> None:
    for day in (2, 3, 10):
        bucket.put(LOG.format(f"2026-03-{day:02d}"), log_line(day, day).encode())
    collect(bucket, store)
    assert watched(store) == [march(2, 3), march(10)]
    signals = SignalStore.open(store.folder)
    assert last_access(signals, ["s3://lake/raw/clicks"]) == NotSince(
        from_on=date(2026, 3, 10), until_on=date(2026, 3, 10)
    )
    assert last_access(signals, ["s3://mart"]) == Unknown()


def test_an_event_that_is_delivered_late_does_not_vouch_for_the_days_between(
    bucket: BillingBucket, store: IngestStore
) -> None:
    bucket.put(LOG.format("2026-03-10"), (log_line(1, 2) + log_line(2, 9) + log_line(3, 10)).encode())
    collect(bucket, store)
    assert watched(store) == [march(10)]
    assert len(stored_keys(store)) == 3


def test_each_bucket_is_watched_on_the_days_that_have_events_of_it(bucket: BillingBucket, store: IngestStore) -> None:
    bucket.put(LOG.format("2026-03-02"), (log_line(1, 2) + log_line(2, 2, "mart")).encode())
    bucket.put(LOG.format("2026-03-03"), log_line(3, 3).encode())
    collect(bucket, store)
    assert watched(store) == [march(2, 3), march(2, scope="s3://mart")]


def test_a_day_is_watched_once_it_ended_a_day_ago(bucket: BillingBucket, store: IngestStore) -> None:
    for day in (18, 19):
        bucket.put(LOG.format(f"2026-03-{day}"), log_line(day, day).encode())
    bucket.now = datetime(2026, 3, 19, 23, 59, tzinfo=UTC)
    collect(bucket, store)
    assert watched(store) == []
    assert len(stored_keys(store)) == 2, "its events count at once"
    bucket.now = datetime(2026, 3, 20, tzinfo=UTC)
    collect(bucket, store)
    assert watched(store) == [march(18)]
    bucket.now = datetime(2026, 3, 21, tzinfo=UTC)
    collect(bucket, store)
    assert watched(store) == [march(18, 19)]
    assert len(stored_keys(store)) == 2


def test_the_last_day_of_a_window_is_not_watched_for_its_last_events_are_delivered_after_it(
    bucket: BillingBucket, store: IngestStore
) -> None:
    for day in (30, 31):
        bucket.put(LOG.format(f"2026-03-{day}"), log_line(day, day).encode())
    bucket.now = datetime(2026, 6, 1, tzinfo=UTC)
    collect(bucket, store)
    assert watched(store) == [march(30)]
    collect(bucket, store, CollectWindow(first_period="2026-03", last_period="2026-04"))
    assert watched(store) == [march(30, 31)]


def large(number: int) -> bytes:
    """A file of 9 MB: two of them fill a delivery."""
    return log_line(number, 2, f"lake{number}").encode() + b"\n" * (9 << 20)


@pytest.mark.slow
def test_a_large_day_is_delivered_in_parts_of_which_a_new_file_changes_the_last(
    bucket: BillingBucket, store: IngestStore
) -> None:
    for number in (1, 2, 3):
        bucket.put(f"logs/2026-03-02-1{number}-00-00-AB12", large(number))
    bucket.now = datetime(2026, 3, 2, 20, tzinfo=UTC)
    settings = {"access_logs": (f"s3://{bucket.name}/logs",)}
    first, second = access(bucket, **settings)
    assert [len(read(each).events) for each in (first, second)] == [2, 1]
    collect(bucket, store)
    bucket.proxy.reset()
    bucket.put("logs/2026-03-02-14-00-00-AB12", log_line(4, 2, "lake4").encode())
    same, other = access(bucket, **settings)
    assert (same.fingerprint == first.fingerprint, other.fingerprint == second.fingerprint) == (True, False)
    collect(bucket, store)
    assert bucket.proxy.calls(f"GET /{bucket.name}/logs/") == 2, "the last part"
    assert watched(store) == []
    bucket.now = datetime(2026, 3, 4, tzinfo=UTC)
    collect(bucket, store)
    assert watched(store) == [march(2, scope=f"s3://lake{number}") for number in (1, 2, 3, 4)]
    assert len(stored_keys(store)) == 4


def test_a_file_that_cannot_be_read_is_kept_aside_and_its_day_is_not_vouched_for(
    bucket: BillingBucket, store: IngestStore
) -> None:
    for day in (2, 3, 4):
        bucket.put(LOG.format(f"2026-03-{day:02d}"), log_line(day, day).encode())
    broken = bucket.put("logs/2026-03-03-11-00-00-AB12", b"\x1f\x8bcut")
    report = collect(bucket, store)
    assert (report.error, report.dropped) == (None, {"rejected": 1})
    assert watched(store) == [march(2), march(4)]
    assert len(stored_keys(store)) == 3
    with SignalStore.open(store.folder).connect() as connection:
        ((reason, text),) = connection.execute("SELECT reason, text FROM signal_rejects").fetchall()
    assert text == broken
    assert f"{broken}: no s3_server_log file that can be read" in reason


def test_a_folder_whose_files_may_not_be_read_is_named_and_other_folders_are_read(
    bucket: BillingBucket, store: IngestStore
) -> None:
    bucket.put(LOG.format("2026-03-02"), log_line(1).encode())
    content = gzip.compress(json.dumps({"Records": [trail_record(7)]}).encode())
    bucket.put(f"trail/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/03/02/file.json.gz", content)
    bucket.proxy.fail_next(403, None, b"", 1000, on=f"/{bucket.name}/logs/")
    folders = {"trails": (f"s3://{bucket.name}/trail",), "access_logs": (f"s3://{bucket.name}/logs",)}
    report = collect(bucket, store, **folders)
    assert isinstance(report.error, AccessDenied)
    assert f"AWS denies access to s3://{bucket.name}/logs/2026-03-02" in str(report.error)
    assert "grant s3:GetObject" in str(report.error)
    assert stored_keys(store) == [f"{ACCOUNT}:e-7"]


def test_a_bucket_of_logs_that_is_not_there_is_named(bucket: BillingBucket) -> None:
    with pytest.raises(NotFoundAtProvider, match="AWS has no s3://no-such-logs-anywhere/"):
        access(bucket, access_logs=("s3://no-such-logs-anywhere/logs",))
