"""Cloud Audit Logs (data access) of Cloud Storage, as JSON lines with ``protoPayload``.

Source: https://cloud.google.com/storage/docs/audit-logging.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from collectors.signals.cells import (
    NotCounted,
    Row,
    mapping_of,
    member,
    moment_of,
    needed_text,
    read_access,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.uris import DEFAULT_PREFIX_DEPTH, object_store_uri

OPS_BY_METHOD: Final = {
    "storage.objects.get": "read",
    "storage.objects.create": "write",
    "storage.objects.compose": "write",
    "storage.objects.copy": "write",
    "storage.objects.rewrite": "write",
    "storage.objects.delete": "delete",
    "storage.objects.list": "list",
}
"""Method -> what was done; every other method of Cloud Storage is ``other``."""
_RESOURCE: Final = re.compile(r"^projects/[^/]+/buckets/([^/]+)(?:/objects/(.*))?$", re.DOTALL)


def read_gcs_audit_log(rows: Iterable[object], *, prefix_depth: int = DEFAULT_PREFIX_DEPTH) -> AccessReading:
    """One event for every call that succeeded. Audit logs do not say how many bytes moved.

    The key is the entry's ``insertId`` with its time and log, which together are unique.
    """
    return read_access(rows, lambda row: _events(mapping_of(row), prefix_depth))


def _events(row: Row, prefix_depth: int) -> Iterator[AccessEvent]:
    payload = row.get("protoPayload")
    method = text_of(member(payload, "methodName"))
    if not method.startswith("storage."):
        raise NotCounted("event of another service")
    if text_of(member(payload, "status", "code")) not in ("", "0"):
        raise NotCounted("refused or failed request")
    match = _RESOURCE.match(text_of(member(payload, "resourceName")))
    if match is None:
        raise InvalidRecord("protoPayload.resourceName names no bucket")
    op = OPS_BY_METHOD.get(method, "other")
    at = moment_of(row.get("timestamp"), "timestamp")
    insert_id = needed_text(row.get("insertId"), "insertId")
    yield AccessEvent(
        event_key=f"{text_of(row.get('logName'))} {at.isoformat()} {insert_id}",
        at=at,
        dataset_uri=str(object_store_uri("gs", match[1], match[2] or "", prefix_depth=prefix_depth)),
        op=op,
        principal=text_of(member(payload, "authenticationInfo", "principalEmail")),
        objects=0 if op == "list" else 1,
    )
