"""Azure Storage resource logs for blobs, as JSON lines: exported to a container or read from ``StorageBlobLogs``.

Source: https://learn.microsoft.com/en-us/azure/storage/blobs/monitor-blob-storage-reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from collectors.signals.cells import (
    NotCounted,
    Row,
    count_of,
    lowered,
    mapping_of,
    member,
    moment_of,
    needed_text,
    read_access,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.uris import DEFAULT_PREFIX_DEPTH, azure_blob_uri

OPS_BY_OPERATION: Final = {
    "getblob": "read",
    "readfile": "read",
    "queryblobcontents": "read",
    "putblob": "write",
    "putblobfromurl": "write",
    "putblock": "write",
    "putblockfromurl": "write",
    "putpage": "write",
    "appendblock": "write",
    "appendfile": "write",
    "copyblob": "write",
    "copyblobfromurl": "write",
    "deleteblob": "delete",
    "deletefile": "delete",
    "deletedirectory": "delete",
    "listblobs": "list",
    "listfilesystemdir": "list",
    "listpaths": "list",
}
"""Operation in lower case -> what was done; every other is ``other``."""


def read_azure_blob_log(rows: Iterable[object], *, prefix_depth: int = DEFAULT_PREFIX_DEPTH) -> AccessReading:
    """One event for every request that succeeded; key: correlation id, operation and object."""
    return read_access(rows, lambda row: _events(_flat(mapping_of(row)), prefix_depth))


def _flat(row: Row) -> dict[str, object]:
    """Both shapes as one: the exported one keeps half of its fields below ``properties`` and ``identity``."""
    flat = lowered(row)
    properties = flat.get("properties")
    requester = member(flat.get("identity"), "requester")
    for nested in (properties, requester):
        if isinstance(nested, Mapping):
            flat = {**lowered(nested), **flat}
    return flat


def _events(row: Row, prefix_depth: int) -> Iterator[AccessEvent]:
    operation = needed_text(row.get("operationname"), "operationName")
    status = text_of(row.get("statuscode"))
    if status[:1] not in ("2", "3"):
        raise NotCounted("refused or failed request")
    op = OPS_BY_OPERATION.get(operation.lower(), "other")
    account = needed_text(row.get("accountname"), "accountName")
    container, key = _container_and_key(row)
    if not container:
        raise NotCounted("request to the account as a whole")
    principals = (
        row.get(name) for name in ("requesterappid", "appid", "requesterobjectid", "objectid", "requesterupn")
    )
    at = row.get("timegenerated") or row.get("time")
    yield AccessEvent(
        event_key=f"{needed_text(row.get('correlationid'), 'correlationId')} {operation} {container}/{key}",
        at=moment_of(at, "time"),
        dataset_uri=str(azure_blob_uri(account, container, key, prefix_depth=prefix_depth)),
        op=op,
        principal=next((text for each in principals if (text := text_of(each))), ""),
        moved_bytes=_moved_bytes(row, op),
        objects=0 if op == "list" else 1,
    )


def _container_and_key(row: Row) -> tuple[str, str]:
    """From ``objectKey`` (``/account/container/path``, quoted when exported)."""
    steps = text_of(row.get("objectkey")).strip('"').lstrip("/").split("/", 2)
    if steps == [""]:
        raise InvalidRecord("no objectKey")
    return (steps[1] if len(steps) > 1 else ""), (steps[2] if len(steps) > 2 else "")


def _moved_bytes(row: Row, op: str) -> int | None:
    if op == "read":
        return count_of(row.get("responsebodysize"), "responseBodySize")
    if op == "write":
        sent = count_of(row.get("requestbodysize"), "requestBodySize")
        return sent if sent is not None else count_of(row.get("contentlengthheader"), "contentLengthHeader")
    return None
