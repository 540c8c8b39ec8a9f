"""Routes that many tests need on the Azure peer: pages that follow a link, and the price sheet's download."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from tests.peers import arm_replies
from tests.peers.arm import ArmReply, ArmRequest, ArmServer

SKIP_TOKEN: Final = "$skiptoken"
QUERY_PATH: Final = "{scope*}/providers/Microsoft.CostManagement/query"
PRICE_SHEET_PATH: Final = "{scope*}/providers/Microsoft.CostManagement/pricesheets/default/download"
OPERATION_PATH: Final = "/providers/Microsoft.CostManagement/operationResults/price-sheet"
FAR_FUTURE: Final = datetime(2099, 1, 1, tzinfo=UTC)


def serve_pages(
    arm: ArmServer,
    method: str,
    pattern: str,
    pages: Sequence[Any],
    body_of: Callable[[Any, str | None], Mapping[str, Any]],
) -> None:
    """Answer page by page: ``body_of`` turns a page and the link to the next one (None after the last) into a body."""

    @arm.on(method, pattern)
    def answer(request: ArmRequest) -> Mapping[str, Any]:
        position = int(request.query.get(SKIP_TOKEN, "0"))
        last = position + 1 >= len(pages)
        link = f"{arm.base_url}{request.path}?{urlencode({**request.query, SKIP_TOKEN: position + 1})}"
        return body_of(pages[position], None if last else link)


def serve_usage(arm: ArmServer, columns: Mapping[str, str], pages: Sequence[Sequence[Sequence[object]]]) -> None:
    """Answer cost queries of every scope with these pages of rows; the next link wants a POST, as the vendor's does."""
    serve_pages(arm, "POST", QUERY_PATH, pages, lambda rows, link: arm_replies.usage_page(columns, rows, link))


def serve_price_sheet(arm: ArmServer, download_url: str, *, polls: int = 1) -> None:
    """Accept a price sheet download, be busy for ``polls`` polls, then name ``download_url``."""
    left = polls

    def accepted() -> ArmReply:
        location = f"{arm.base_url}{OPERATION_PATH}?api-version=2025-03-01"
        return ArmReply(status=202, headers={"Location": location, "Retry-After": "0"})

    @arm.on("POST", PRICE_SHEET_PATH)
    def begin(request: ArmRequest) -> ArmReply:
        nonlocal left
        left = polls
        return accepted()

    @arm.on("GET", OPERATION_PATH)
    def poll(request: ArmRequest) -> ArmReply | Mapping[str, Any]:
        nonlocal left
        left -= 1
        return accepted() if left >= 0 else arm_replies.price_sheet(download_url, FAR_FUTURE)
