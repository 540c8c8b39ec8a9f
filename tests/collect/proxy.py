"""A reverse proxy on loopback that passes requests on to a real peer and misbehaves when told to."""

from __future__ import annotations

import http.client
import http.server
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)


@dataclass
class _Misdeed:
    pattern: re.Pattern[str]
    times: int
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after_bytes: int | None = None


class FaultProxy:
    """``with FaultProxy("http://127.0.0.1:5000") as proxy``: use ``proxy.url`` in place of the peer's address.

    ``pattern`` is searched in ``"GET /path?query"``. ``calls`` are those texts, in order.
    """

    def __init__(self, upstream_url: str) -> None:
        parts = urlsplit(upstream_url)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._misdeeds: list[_Misdeed] = []
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self._server = _server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}{parts.path.rstrip('/')}"

    def __enter__(self) -> FaultProxy:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail_next(
        self,
        pattern: str = ".",
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        times: int = 1,
    ) -> None:
        """Answer the next ``times`` requests that match with this instead of asking the peer."""
        with self._lock:
            self._misdeeds.append(_Misdeed(re.compile(pattern), times, status=status, headers=headers or {}, body=body))

    def cut_next(self, pattern: str = ".", *, after_bytes: int = 0, times: int = 1) -> None:
        """Close the connection after so many bytes of the answer's body, its length announced in full."""
        with self._lock:
            self._misdeeds.append(_Misdeed(re.compile(pattern), times, after_bytes=after_bytes))

    def mend(self) -> None:
        """Forget every fault that has not happened yet, and the calls."""
        with self._lock:
            self._misdeeds.clear()
            self.calls.clear()

    def _next_misdeed(self, call: str) -> _Misdeed | None:
        with self._lock:
            self.calls.append(call)
            for misdeed in self._misdeeds:
                if misdeed.times > 0 and misdeed.pattern.search(call):
                    misdeed.times -= 1
                    return misdeed
        return None

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """The peer's own answer."""
        connection = http.client.HTTPConnection(*self._upstream, timeout=60)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            reply = connection.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            connection.close()


def _server(proxy: FaultProxy) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together; apart, the second waits for an acknowledgement

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
            pass

        def _pass_on(self) -> None:
            body = self._body()
            misdeed = proxy._next_misdeed(f"{self.command} {self.path}")
            if misdeed is not None and misdeed.after_bytes is None:
                self._reply(misdeed.status, list(misdeed.headers.items()), misdeed.body)
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            status, reply_headers, reply = proxy.ask(self.command, self.path, headers, body)
            cut = None if misdeed is None else misdeed.after_bytes
            self._reply(status, reply_headers, reply, cut_after=cut)

        def _body(self) -> bytes:
            if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
                pieces = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _reply(
            self, status: int, headers: list[tuple[str, str]], body: bytes, *, cut_after: int | None = None
        ) -> None:
            self.send_response_only(status)
            announced = None
            for name, value in headers:
                if name.lower() == "content-length":
                    announced = value
                elif name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            has_body = self.command != "HEAD" and status not in (204, 304)
            length = str(len(body)) if has_body else announced or "0"
            self.send_header("Content-Length", length)
            self.end_headers()
            if cut_after is not None:
                self.wfile.write(body[:cut_after])
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            elif has_body:
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _pass_on  # noqa: N815

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up on a cut answer is what the test wants."""

    return Server(("127.0.0.1", 0), Handler)
