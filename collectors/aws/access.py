"""Access signals: S3 server access logs and CloudTrail data events, found by the dates in their keys.

* Server access logs: ``<prefix>YYYY-MM-DD-hh-mm-ss-<id>``, or by date
  ``<prefix><account>/<region>/<bucket>/YYYY/MM/DD/YYYY-MM-DD-hh-mm-ss-<id>``.
* CloudTrail: ``<prefix>AWSLogs/[<organisation>/]<account>/CloudTrail/<region>/YYYY/MM/DD/<name>.json.gz``.

A collection lists the files of the window; files that were stored before are not downloaded again.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Final

from collectors.aws.client import AwsClients
from collectors.aws.deferred import each_in_turn
from collectors.aws.log_days import LogDay
from collectors.aws.objects import StoredObject, list_folders, list_objects, look_at, split_uri
from collectors.collector import CollectWindow
from collectors.connections.aws import AwsExport
from collectors.months import month_after
from collectors.readings import SignalReading

_ACCOUNT: Final = re.compile(r"/\d{12}/$")
_ORGANISATION: Final = re.compile(r"/o-[a-z0-9]+/$")
_LOG: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})-\d{2}-\d{2}-\d{2}-[^/]+$")
_TRAIL: Final = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/[^/]+\.json(?:\.gz)?$")

Starts = Callable[[AwsClients, str, str], Iterator[str]]
"""Clients, bucket and prefix -> how keys begin, up to a month as ``{0}`` (``YYYY-MM``) or ``{1}`` (``YYYY/MM``)."""


def read_access(connection: AwsExport, clients: AwsClients, window: CollectWindow) -> Iterator[SignalReading]:
    """Every day of the window that has log files, folder by folder; files are read when a reading is asked for.

    A day is vouched for (see ``LogDay.watch``) once the files of the next day, which hold its last events, are stored.

    Raises:
        CollectorError: a folder cannot be listed or its files not be read; the other folders have been yielded before.
    """
    readers: list[Callable[[], Iterator[SignalReading]]] = []
    readers.extend(
        partial(_folder, clients, window, "s3_server_log", folder, _log_starts, _LOG)
        for folder in connection.access_logs
    )
    readers.extend(
        partial(_folder, clients, window, "cloudtrail", folder, _trail_starts, _TRAIL) for folder in connection.trails
    )
    return each_in_turn(readers)


def _folder(
    clients: AwsClients, window: CollectWindow, kind: str, folder: str, starts: Starts, name: re.Pattern[str]
) -> Iterator[SignalReading]:
    bucket, prefix = split_uri(folder)
    streams = [_dated(clients, bucket, start, window, name) for start in starts(clients, bucket, prefix)]
    last_on = month_after(window.last_period) - timedelta(days=1)
    before: LogDay | None = None
    # Each stream is in the order of days, so that one day at a time is held.
    for day_on, found in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        day = LogDay(
            clients=clients, kind=kind, folder=folder, day_on=day_on, objects=tuple(place for _, place in found)
        )
        if before is None:
            # That files may be read is found out here, where the other folders go on after a refusal.
            look_at(clients, bucket, day.objects[0].key)
        yield from day.events()
        if before is not None and before.is_settled:
            yield before.watch()
        before = day
    # The last events of the window's last day are in files after the window.
    if before is not None and before.is_settled and before.day_on < last_on:
        yield before.watch()


def _dated(
    clients: AwsClients, bucket: str, start: str, window: CollectWindow, name: re.Pattern[str]
) -> Iterator[tuple[date, StoredObject]]:
    """The files of the window whose keys begin so, with the day in their names, in the order of their keys."""
    for period in window.periods():
        for found in list_objects(clients, bucket, start.format(period, period.replace("-", "/"))):
            match = name.search(found.key)
            if match is None:
                continue
            try:
                day_on = date(int(match[1]), int(match[2]), int(match[3]))
            except ValueError:
                continue  # digits that are no day: another object that lies among the logs
            yield day_on, found


def _log_starts(clients: AwsClients, bucket: str, prefix: str) -> Iterator[str]:
    """Logs directly in the folder, or in a folder for each source bucket, or partitioned by account and date."""
    children = list(list_folders(clients, bucket, prefix))
    accounts = [each for each in children if _ACCOUNT.search(f"/{each}")]
    # A prefix that is no folder stands right before the date, as in ``access-2025-01-01-...``.
    flat = [
        prefix,
        *([prefix.removesuffix("/")] if prefix else []),
        *(each for each in children if each not in accounts),
    ]
    yield from (f"{_escaped(root)}{{0}}-" for root in flat)
    for account in accounts:
        for region in list_folders(clients, bucket, account):
            for source in list_folders(clients, bucket, region):
                yield f"{_escaped(source)}{{1}}/"


def _trail_starts(clients: AwsClients, bucket: str, prefix: str) -> Iterator[str]:
    logs = prefix if prefix.endswith("AWSLogs/") else f"{prefix}AWSLogs/"
    children = list(list_folders(clients, bucket, logs))
    accounts = [each for each in children if _ACCOUNT.search(each)]
    for organisation in (each for each in children if _ORGANISATION.search(each)):
        accounts.extend(each for each in list_folders(clients, bucket, organisation) if _ACCOUNT.search(each))
    for account in accounts:
        for region in list_folders(clients, bucket, f"{account}CloudTrail/"):
            yield f"{_escaped(region)}{{1}}/"


def _escaped(root: str) -> str:
    return root.replace("{", "{{").replace("}", "}}")
