"""A proxy in front of any peer that speaks HTTP, for the faults that the peer itself cannot be asked for."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from tests.peers.http_replay import Fault, HttpReply, HttpRequest, ReplayServer

HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade"}
)


class FaultProxy(ReplayServer):
    """Hands requests on to ``upstream_url``'s server unless a fault meets them; ``url`` stands for ``upstream_url``."""

    def __init__(self, upstream_url: str) -> None:
        upstream = urlsplit(upstream_url)
        self._upstream: Final = upstream.netloc
        self.requests: list[HttpRequest] = []
        super().__init__()
        self.url: Final = f"{self.origin}{upstream.path}"

    def target(self, request: HttpRequest) -> str:
        """What ``on`` and ``calls`` look in: method, path and query as the client wrote them."""
        return f"{request.method} {request.url}"

    def fail_next(
        self,
        http_status: int,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        times: int = 1,
        *,
        on: str = "",
    ) -> None:
        """Answer the next requests here: a status, headers and a body in the vendor's form."""
        reply = HttpReply(status=http_status, headers=dict(headers or {}), content=content)
        self._add(Fault(on=on, reply=lambda _: reply), times)

    def calls(self, target_part: str) -> int:
        """How many requests had ``target_part`` in their method, path or query, whatever the case of letters."""
        return sum(target_part.lower() in self.target(request).lower() for request in tuple(self.requests))

    def reset(self) -> None:
        """Forget faults and requests; the peer behind keeps its state."""
        super().reset()
        self.requests.clear()

    def record(self, request: HttpRequest) -> None:
        """Keep the request."""
        self.requests.append(request)

    def answer(self, request: HttpRequest) -> HttpReply:
        """What the peer behind answers."""
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        try:
            connection.request(request.method, request.url, request.content, headers)
            reply = connection.getresponse()
            content = reply.read()
        finally:
            connection.close()
        kept = {name: value for name, value in reply.getheaders() if name.lower() not in HOP_BY_HOP}
        return HttpReply(status=reply.status, headers=kept, content=content)
