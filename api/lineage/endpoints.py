"""The lineage endpoint, at the path that OpenLineage's clients post to."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from api.dependencies import Wired
from api.errors import BodyTooLarge, InvalidRequest, StoreUnreadable
from api.http.problems import MEDIA_TYPE, problems
from api.lineage.schemas import LineageReceipt, request_body
from api.lineage.service import plain_body, receive_lineage

router = APIRouter(prefix="/lineage", tags=["lineage"])
_PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_UNREADABLE: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "The body cannot be read", "content": _PROBLEM},
    415: {"description": "A content encoding that is not understood", "content": _PROBLEM},
    500: {"description": "The service failed", "content": _PROBLEM},
}


@router.post("/", status_code=201, include_in_schema=False)
@router.post(
    "",
    status_code=201,
    response_model=LineageReceipt,
    responses={**_UNREADABLE, **problems(BodyTooLarge, InvalidRequest, StoreUnreadable)},
    openapi_extra={"requestBody": request_body()},
)
async def post_lineage(request: Request, services: Wired) -> LineageReceipt:
    """Receive lineage events: one, or an array of them, stored durably before the answer.

    The same body again, an event again, or events out of order change no total: of a run's statements about a dataset
    the largest count.
    """
    content = plain_body(
        await request.body(),
        encoding=request.headers.get("content-encoding", ""),
        max_body_bytes=services.settings.max_body_bytes,
    )
    return await run_in_threadpool(receive_lineage, services, content)
