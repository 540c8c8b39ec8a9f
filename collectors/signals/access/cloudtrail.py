"""CloudTrail data events of S3: JSON files of ``Records``, delivered within minutes, sometimes twice.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from collectors.signals.cells import (
    NotCounted,
    Row,
    count_of,
    decoded,
    mapping_of,
    member,
    moment_of,
    needed_text,
    read_access,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.principals import role_and_session
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.uris import DEFAULT_PREFIX_DEPTH, object_store_uri

OPS_BY_EVENT: Final = {
    "GetObject": "read",
    "SelectObjectContent": "read",
    "GetObjectTorrent": "read",
    "PutObject": "write",
    "UploadPart": "write",
    "CopyObject": "write",
    "UploadPartCopy": "write",
    "DeleteObject": "delete",
    "DeleteObjects": "delete",
    "RestoreObject": "restore",
    "ListObjects": "list",
    "ListObjectsV2": "list",
    "ListObjectVersions": "list",
    "ListMultipartUploads": "list",
    "ListParts": "list",
}
"""Event name -> what was done; every other data event of S3 is ``other``."""
_COPIES: Final = ("CopyObject", "UploadPartCopy")


def cloudtrail_records(content: str | bytes) -> list[object]:
    """The records of one CloudTrail file, already unpacked.

    Raises:
        InvalidRecord: it is no such file.
    """
    records = member(decoded(content, "the file"), "Records")
    if not isinstance(records, list):
        raise InvalidRecord("no list 'Records'; expected a CloudTrail log file")
    return records


def read_cloudtrail(records: Iterable[object], *, prefix_depth: int = DEFAULT_PREFIX_DEPTH) -> AccessReading:
    """One event for every data event of S3 that succeeded, and one read of the source of every copy.

    An event delivered to several accounts has one key, its ``sharedEventID``; any other account and ``eventID``.
    """
    return read_access(records, lambda record: _events(mapping_of(record), prefix_depth))


def _events(record: Row, prefix_depth: int) -> Iterator[AccessEvent]:
    if text_of(record.get("eventSource")) != "s3.amazonaws.com":
        raise NotCounted("event of another service")
    if record.get("eventCategory", "Data") != "Data" or record.get("managementEvent") is True:
        raise NotCounted("management event")
    if record.get("errorCode"):
        raise NotCounted("refused or failed request")
    name = needed_text(record.get("eventName"), "eventName")
    op = OPS_BY_EVENT.get(name, "other")
    asked = record.get("requestParameters")
    bucket = needed_text(member(asked, "bucketName"), "requestParameters.bucketName")
    uri = object_store_uri("s3", bucket, text_of(member(asked, "key")), prefix_depth=prefix_depth)
    principal, job = _who(record)
    event = AccessEvent(
        event_key=_key(record),
        at=moment_of(record.get("eventTime"), "eventTime"),
        dataset_uri=str(uri),
        op=op,
        principal=principal,
        job=job,
        moved_bytes=_moved_bytes(record, op),
        objects=0 if op == "list" else 1,
    )
    yield event
    if name in _COPIES:
        source = _copy_source(asked, prefix_depth)
        if source is not None:
            yield AccessEvent(
                event_key=f"{event.event_key}|source", at=event.at, dataset_uri=source, op="read",
                principal=principal, job=job,
            )  # fmt: skip


def _key(record: Row) -> str:
    shared = text_of(record.get("sharedEventID"))
    if shared:
        return shared
    own = needed_text(record.get("eventID"), "eventID")
    return f"{text_of(record.get('recipientAccountId'))}:{own}"


def _who(record: Row) -> tuple[str, str]:
    """The role or user, and the session of a role."""
    identity = record.get("userIdentity")
    role, session = role_and_session(text_of(member(identity, "arn")))
    issuer = text_of(member(identity, "sessionContext", "sessionIssuer", "arn"))
    others = (member(identity, "invokedBy"), member(identity, "principalId"), member(identity, "accountId"))
    return issuer or role or next((text_of(other) for other in others if other), ""), session


def _moved_bytes(record: Row, op: str) -> int | None:
    extra = record.get("additionalEventData")
    if op == "read":
        return count_of(member(extra, "bytesTransferredOut"), "bytesTransferredOut")
    return count_of(member(extra, "bytesTransferredIn"), "bytesTransferredIn") if op == "write" else None


def _copy_source(asked: object, prefix_depth: int) -> str | None:
    """``/bucket/key`` of the header; None for an access point, which names no bucket."""
    header = unquote(text_of(member(asked, "x-amz-copy-source"))).lstrip("/")
    bucket, slash, key = header.partition("/")
    if not bucket or not slash or bucket.startswith("arn:"):
        return None
    return str(object_store_uri("s3", bucket, key.partition("?")[0], prefix_depth=prefix_depth))
