"""Objects in S3: listed, looked at, read whole when small, and downloaded as exactly the object that was looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.errors import InvalidManifest, TornDelivery

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

CHUNK_BYTES: Final = 1 << 20
LARGEST_MANIFEST_BYTES: Final = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as it was when it was looked at. ``written_at`` is S3's own time, in whole seconds."""

    bucket: str
    key: str
    etag: str
    byte_count: int
    written_at: datetime

    @property
    def uri(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallObject:
    """An object that was read whole."""

    place: StoredObject
    content: bytes

    def as_json(self, expected: str) -> Any:
        """Its JSON.

        Raises:
            InvalidManifest: it is none; ``expected`` says what it should be.
        """
        try:
            return json.loads(self.content)
        except ValueError as fault:
            raise unreadable(self.place.uri, repr(fault), expected) from fault


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key prefix, the latter ending in a slash unless empty.

    >>> split_uri("s3://logs/access"), split_uri("s3://logs")
    (('logs', 'access/'), ('logs', ''))
    """
    parts = urlsplit(uri)
    prefix = parts.path.strip("/")
    return parts.netloc, f"{prefix}/" if prefix else ""


def list_folders(clients: AwsClients, bucket: str, prefix: str) -> Iterator[str]:
    """The prefixes directly below ``prefix``, each ending in a slash."""
    for page in _list(clients, bucket, prefix, Delimiter="/"):
        for found in page.get("CommonPrefixes", []):
            yield found["Prefix"]


def list_objects(clients: AwsClients, bucket: str, prefix: str, *, start_after: str = "") -> Iterator[StoredObject]:
    """The objects below ``prefix`` whose keys sort after ``start_after``."""
    for page in _list(clients, bucket, prefix, **({"StartAfter": start_after} if start_after else {})):
        for found in page.get("Contents", []):
            yield StoredObject(
                bucket=bucket,
                key=found["Key"],
                etag=found["ETag"],
                byte_count=found["Size"],
                written_at=found["LastModified"],
            )


def look_at(clients: AwsClients, bucket: str, key: str) -> StoredObject:
    """Tag, size and time of an object.

    Raises:
        NotFoundAtProvider: there is none.
    """
    head = clients.ask(
        lambda: clients.s3.head_object(Bucket=bucket, Key=key),
        location=f"s3://{bucket}/{key}",
        permission="s3:GetObject",
    )
    return StoredObject(
        bucket=bucket,
        key=key,
        etag=head["ETag"],
        byte_count=head["ContentLength"],
        written_at=head["LastModified"],
    )


def read_small(
    clients: AwsClients, bucket: str, key: str, *, etag: str = "", most_bytes: int = LARGEST_MANIFEST_BYTES
) -> SmallObject:
    """An object whole; with ``etag`` it must still be that one.

    Raises:
        TornDelivery: it is another one by now.
        InvalidManifest: it is larger than ``most_bytes``.
    """
    location = f"s3://{bucket}/{key}"

    def read() -> SmallObject:
        answer = _get(clients, bucket, key, etag)
        if answer["ContentLength"] > most_bytes:
            answer["Body"].close()
            raise unreadable(location, f"it has {answer['ContentLength']} bytes", f"at most {most_bytes}")
        place = StoredObject(
            bucket=bucket,
            key=key,
            etag=answer["ETag"],
            byte_count=answer["ContentLength"],
            written_at=answer["LastModified"],
        )
        return SmallObject(place=place, content=answer["Body"].read())

    return clients.ask(read, location=location, permission="s3:GetObject")


def download(clients: AwsClients, wanted: StoredObject, path: Path) -> Path:
    """Write the object to ``path``, provided that it is still the one looked at; cut off, it is asked for again.

    Raises:
        TornDelivery: it is another one by now, or AWS sent another number of bytes than it announced.
    """

    def fetch() -> int:
        body = _get(clients, wanted.bucket, wanted.key, wanted.etag)["Body"]
        with closing(body), path.open("wb") as writing:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                writing.write(chunk)
                if writing.tell() > wanted.byte_count:
                    break
            return writing.tell()

    written_bytes = clients.ask(fetch, location=wanted.uri, permission="s3:GetObject")
    if written_bytes != wanted.byte_count:
        raise TornDelivery(
            f"AWS sent {written_bytes} bytes of {wanted.uri}, which has {wanted.byte_count}; nothing of it was stored; "
            "try again",
            vendor=VENDOR,
            location=wanted.uri,
        )
    return path


def unreadable(location: str, found: str, expected: str) -> InvalidManifest:
    """The error for a manifest that is not what it should be."""
    return InvalidManifest(
        f"AWS manifest {location} cannot be read ({found}); expected {expected}; refresh the export that writes it",
        vendor=VENDOR,
        location=location,
    )


def _get(clients: AwsClients, bucket: str, key: str, etag: str) -> GetObjectOutputTypeDef:
    if etag:
        return clients.s3.get_object(Bucket=bucket, Key=key, IfMatch=etag)
    return clients.s3.get_object(Bucket=bucket, Key=key)


def _list(clients: AwsClients, bucket: str, prefix: str, **extra: str) -> Iterator[Any]:
    return clients.pages(
        clients.s3.list_objects_v2,
        {"Bucket": bucket, "Prefix": prefix, **extra},
        location=f"s3://{bucket}/{prefix}",
        permission="s3:ListBucket",
        token=("NextContinuationToken", "ContinuationToken"),
    )
