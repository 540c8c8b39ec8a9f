"""S3 server access logs: one line a request, delivered on best effort, sometimes twice.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from collectors.signals.cells import NotCounted, count_of, read_access, text_of
from collectors.signals.errors import InvalidRecord
from collectors.signals.principals import role_and_session
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.uris import DEFAULT_PREFIX_DEPTH, object_store_uri

# Only what is used is matched: the fields after the sizes (and those that S3 will add) may be anything. The request
# is the one quoted field before them; a quotation mark inside it is told from its end by the status that follows.
_LINE: Final = re.compile(
    r"^\S+ (?P<bucket>\S+) \[(?P<time>[^\]]{1,40})\] \S+ (?P<requester>\S+) (?P<request_id>\S+) (?P<operation>\S+) "
    r'(?P<key>\S+) (?:"[^\n]*?"|-) (?P<status>\d{3}|-) \S+ (?P<sent>\d+|-) (?P<size>\d+|-)(?: |$)'
)
_TIME: Final = re.compile(r"^(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_KEY_OF_LOG: Final = re.compile(
    r"(?:(?P<account>\d{12})/(?P<region>[a-z0-9-]+)/(?P<bucket>[^/]+)/\d{4}/\d{2}/\d{2}/)?"
    r"(?P<day>\d{4}-\d{2}-\d{2})-(?P<time>\d{2}-\d{2}-\d{2})-[0-9A-F]+$"
)
_LONGEST_LINE: Final = 65_536
_ESCAPED: Final = re.compile(r"%[0-9A-Fa-f]{2}")

OPERATIONS: Final[tuple[tuple[str, str], ...]] = (
    (r"^S3\.", ""),
    (r"\.COPY\.(OBJECT|PART)_GET$", "read"),
    (r"\.(COPY|PUT)\.(OBJECT|PART)$|^REST\.POST\.OBJECT$", "write"),
    (r"\.GET\.OBJECT$|^REST\.SELECT\.OBJECT$|\.GET\.TORRENT$", "read"),
    (r"^REST\.POST\.RESTORE$", "restore"),
    (r"\.DELETE\.OBJECT$|MULTI_OBJECT_DELETE$", "delete"),
    (r"^REST\.GET\.(BUCKET|BUCKETVERSIONS|UPLOADS)$|\.LIST\.", "list"),
    (r"", "other"),
)
"""Pattern of the operation field -> what was done; '' for what S3 does by itself (lifecycle). A multipart upload counts
its parts, not its completion."""
_OPERATIONS: Final = tuple((re.compile(pattern), op) for pattern, op in OPERATIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogObject:
    """What the key of a delivered log says: when it was delivered, and (with date-based partitions) about which bucket.

    Its lines are of requests before that moment, mostly of the hours before.
    """

    delivered_at: datetime
    account: str | None
    region: str | None
    bucket: str | None


def log_object(key: str) -> LogObject | None:
    """What a key says, in either form of target prefix; None when it is no log's.

    >>> log_object("logs/123456789012/us-west-2/lake/2026/03/01/2026-03-01-21-32-16-E568B2907131C0C0").bucket
    'lake'
    """
    match = _KEY_OF_LOG.search(key)
    if match is None:
        return None
    try:
        delivered_at = datetime.fromisoformat(f"{match['day']}T{match['time'].replace('-', ':')}+00:00")
    except ValueError:
        return None  # digits that are no time: another object that lies among the logs
    return LogObject(
        delivered_at=delivered_at, account=match["account"], region=match["region"], bucket=match["bucket"]
    )


def read_s3_server_log(lines: Iterable[str], *, prefix_depth: int = DEFAULT_PREFIX_DEPTH) -> AccessReading:
    """One event for every request that succeeded.

    Reads move the bytes sent (a range read its range), writes and copies the object's size, restores the object's size.
    A line that comes twice has one key: request id and operation (and the object of a batch deletion).
    """
    return read_access((line for line in lines if line.strip()), lambda line: _events(line, prefix_depth))


def _events(line: str, prefix_depth: int) -> Iterator[AccessEvent]:
    match = _LINE.match(line[:_LONGEST_LINE].lstrip("\ufeff"))
    if match is None:
        raise InvalidRecord("not a line of an S3 server access log")
    op = _op(match["operation"])
    if not op:
        raise NotCounted("done by S3 itself (lifecycle)")
    if match["status"][:1] not in ("2", "3"):
        raise NotCounted("refused or failed request")
    key = "" if match["key"] == "-" else _plain(match["key"])
    principal, session = role_and_session(text_of(match["requester"]))
    yield AccessEvent(
        event_key=_event_key(match["request_id"], match["operation"], key),
        at=_time(match["time"]),
        dataset_uri=_uri(text_of(match["bucket"]), text_of(key.rpartition("/")[0]), prefix_depth),
        op=op,
        principal=principal,
        job=session,
        moved_bytes=_moved_bytes(op, match),
        objects=0 if op == "list" else 1,
    )


@lru_cache(maxsize=65536)
def _uri(bucket: str, folder: str, prefix_depth: int) -> str:
    return str(object_store_uri("s3", bucket, f"{folder}/", prefix_depth=prefix_depth))


@lru_cache(maxsize=1024)
def _op(operation: str) -> str:
    return next(op for pattern, op in _OPERATIONS if pattern.search(operation))


def _event_key(request_id: str, operation: str, key: str) -> str:
    own = f"{text_of(request_id)} {text_of(operation)}"
    return f"{own} {text_of(key)}" if operation.startswith("BATCH.") else own


def _moved_bytes(op: str, match: re.Match[str]) -> int | None:
    sent, size = count_of(match["sent"], "bytes sent"), count_of(match["size"], "object size")
    if op == "read" and "COPY" not in match["operation"]:
        return sent or 0
    return size if op in ("read", "write", "restore") else None


def _time(text: str) -> datetime:
    """The moment of ``06/Feb/2019:00:00:38 +0000``, whatever the locale."""
    match = _TIME.match(text)
    if match is None or match[2] not in _MONTHS:
        raise InvalidRecord("a time that is not like 06/Feb/2019:00:00:38 +0000")
    day, month, year, hour, minute, second, sign, zone_hour, zone_minute = match.groups()
    on_text = f"{year}-{_MONTHS.index(month) + 1:02d}-{day}"
    iso = f"{on_text}T{hour}:{minute}:{second}{sign}{zone_hour}:{zone_minute}"
    try:
        return datetime.fromisoformat(iso).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRecord("a time that does not exist") from None


def _plain(key: str) -> str:
    """A key without its URL encoding; S3 encodes special characters of keys twice."""
    once = unquote(key)
    return unquote(once) if _ESCAPED.search(once) else once
