"""Receiving lineage events."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from api.dependencies import Services
from api.errors import BodyTooLarge, InvalidRequest
from api.lineage.schemas import LINEAGE_EVENT, LINEAGE_EVENTS, LineageReceipt
from collectors.signals.access.openlineage import read_openlineage
from collectors.signals.errors import OversizedSignals, UnreadableSignals
from collectors.signals.store import SignalStore
from collectors.signals.unpack import unpacked

SOURCE: Final = "openlineage"
UNPACKED_PER_PACKED: Final = 8
"""A gzip body may unpack to so many times the largest body."""
LOCK_WAIT_SECONDS: Final = 10.0


def plain_body(content: bytes, *, encoding: str, max_body_bytes: int) -> bytes:
    """The body without its content encoding.

    Raises:
        HTTPException: 415 an encoding that is neither gzip nor identity; 400 damaged gzip.
        BodyTooLarge: it unpacks to more than ``UNPACKED_PER_PACKED`` times the largest body.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return content
    if name != "gzip":
        raise HTTPException(415, detail="Content-Encoding must be gzip, identity or absent")
    if not content.startswith(b"\x1f\x8b"):
        raise HTTPException(400, detail="the body is not gzip, as Content-Encoding says it is")
    at_most_bytes = UNPACKED_PER_PACKED * max_body_bytes
    try:
        return unpacked(content, at_most_bytes=at_most_bytes)
    except OversizedSignals as fault:
        raise BodyTooLarge(f"a body unpacks to at most {at_most_bytes} bytes") from fault
    except UnreadableSignals as fault:
        raise HTTPException(400, detail=f"the body cannot be read: {fault}") from fault


def receive_lineage(services: Services, content: bytes) -> LineageReceipt:
    """Store the events of a body durably; one that was received before changes nothing.

    Raises:
        RequestValidationError, InvalidRequest: an event is faulty; nothing of the body was stored.
        StoreError: the store cannot be written now.
    """
    events = _events(content)
    reading = read_openlineage(events)
    if reading.rejects:
        errors = [{"location": f"body.{reject.row_number - 1}", "detail": reject.reason} for reject in reading.rejects]
        raise InvalidRequest(f"{errors[0]['location']}: {errors[0]['detail']}", errors=errors)
    store = SignalStore.open(services.settings.store_folder, lock_wait_seconds=LOCK_WAIT_SECONDS)
    receipt = store.add_access(SOURCE, reading, fingerprint=_fingerprint(events), received_at=services.clock())
    return LineageReceipt(events=len(events), accesses=len(reading.events), unchanged=receipt.unchanged)


def _events(content: bytes) -> list[Any]:
    """The events of a body, each checked as what it is, so that a fault is told at its own place."""
    try:
        decoded = json.loads(content)
        (LINEAGE_EVENTS if isinstance(decoded, list) else LINEAGE_EVENT).validate_json(content)
    except ValidationError as faults:
        located = [{**fault, "loc": ("body", *fault["loc"])} for fault in faults.errors(include_url=False)]
        raise RequestValidationError(located) from faults
    except (ValueError, RecursionError) as fault:
        raise InvalidRequest("the body is not JSON that can be read") from fault
    return decoded if isinstance(decoded, list) else [decoded]


def _fingerprint(events: list[Any]) -> str:
    """The same for the same events, however they are packed, spaced and ordered by key, alone or as an array."""
    return hashlib.sha256(json.dumps(events, sort_keys=True).encode()).hexdigest()
