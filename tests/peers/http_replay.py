"""A small HTTP(S) server on loopback whose answers tests write, with faults on demand and a log of what was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

NOT_SCRIPTED: Final = 501  # no vendor client retries it, so a mistake in a test shows at once


class NotScripted(Exception):
    """A request that the test did not prepare for, or an answer that breaks the vendor's contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What a client sent: ``url`` as it was, path and query also read. Header names are lower case."""

    method: str
    url: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def target(self) -> str:
        """What the ``on`` of a fault is looked for in: method, path and the operation in the headers."""
        return f"{self.method} {self.path} {self.headers.get('x-amz-target', '')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """What the server answers; ``content`` goes out as it is."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @classmethod
    def of_json(cls, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpReply:
        """A JSON body; None is no body."""
        content = b"" if body is None else json.dumps(body).encode()
        return cls(status=status, headers={"Content-Type": "application/json", **(headers or {})}, content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one request whose target contains ``on``, whatever the case of letters.

    ``cut`` breaks off the answer, in the middle of its body or after ``cut_after_bytes`` of it.
    """

    on: str = ""
    reply: Callable[[HttpRequest], HttpReply] | None = None
    cut: bool = False
    cut_after_bytes: int | None = None
    delay_seconds: float = 0.0
    before: Callable[[HttpRequest], None] | None = None


@dataclass(slots=True)
class _Standing:
    """A fault that meets so many requests more."""

    fault: Fault
    times: int


class ReplayServer:
    """Serves in threads of this process until closed.

    Subclasses answer. Faults come first, in the order in which tests asked for them.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Standing] = []
        self.errors: list[str] = []
        self._server = _LoopbackServer(("127.0.0.1", port), self)
        if (
            tls is not None
        ):  # the handshake belongs to the connection's thread: a silent client must not stop the others
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: Final[int] = self._server.server_port
        self.origin: Final = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def answer(self, request: HttpRequest) -> HttpReply:
        """The reply to a request without a fault."""
        raise NotImplementedError

    def mistake(self, request: HttpRequest, message: str) -> HttpReply:
        """How a mistake of the test is put to the client, so that its error shows the message."""
        return HttpReply.of_json({"error": {"code": "NotScripted", "message": message}}, NOT_SCRIPTED)

    def record(self, request: HttpRequest) -> None:
        """Called for every request, also for those that a fault answers."""

    def target(self, request: HttpRequest) -> str:
        """What the ``on`` of a fault is looked for in."""
        return request.target

    def takes_faults(self, request: HttpRequest) -> bool:
        """Whether a fault that names no target may meet this request."""
        return True

    def cut_next(self, times: int = 1, *, on: str = "", after_bytes: int | None = None) -> None:
        """Close the connection in the middle of the body of the next answers, or after so many bytes of it."""
        self._add(Fault(on=on, cut=True, cut_after_bytes=after_bytes), times)

    def delay_next(self, seconds: float, times: int = 1, *, on: str = "") -> None:
        """Answer the next requests so much later."""
        self._add(Fault(on=on, delay_seconds=seconds), times)

    def before_next(self, act: Callable[[HttpRequest], None], times: int = 1, *, on: str = "") -> None:
        """Call ``act`` before the next requests are answered: what changes in the middle of a client's work."""
        self._add(Fault(on=on, before=act), times)

    def reset(self) -> None:
        """Forget faults and errors."""
        with self._lock:
            self._faults.clear()
            self.errors.clear()

    def close(self) -> None:
        """Stop serving; the port is free afterwards."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add(self, fault: Fault, times: int) -> None:
        with self._lock:
            self._faults.append(_Standing(fault, times))

    def _take_fault(self, request: HttpRequest) -> Fault | None:
        with self._lock:
            target = self.target(request).lower()
            for standing in self._faults:
                on = standing.fault.on.lower()
                if standing.times > 0 and (on in target if on else self.takes_faults(request)):
                    standing.times -= 1
                    return standing.fault
        return None

    def respond(self, request: HttpRequest) -> tuple[HttpReply, int | None]:
        """The reply, and after how many bytes of its body to break off, if at all."""
        with self._lock:
            self.record(request)
        fault = self._take_fault(request)
        if fault is not None and fault.delay_seconds:
            time.sleep(fault.delay_seconds)
        if fault is not None and fault.reply is not None:
            return fault.reply(request), None
        try:
            if fault is not None and fault.before is not None:
                fault.before(request)
            reply = self.answer(request)
            return reply, None if fault is None or not fault.cut else _cut_of(fault, reply)
        except Exception as error:  # the client must see an answer, and the test the reason
            message = f"{type(error).__name__}: {error}"
            with self._lock:
                self.errors.append(f"{request.target}: {message}")
            return self.mistake(request, message), None


def _cut_of(fault: Fault, reply: HttpReply) -> int:
    return len(reply.content) // 2 if fault.cut_after_bytes is None else fault.cut_after_bytes


class _LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], replay: ReplayServer) -> None:
        self.replay = replay
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is ordinary here: tests time out and cut connections on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body leave in one packet: no waiting for delayed acknowledgements
    timeout = 60
    server: _LoopbackServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the log of requests is ``requests``."""

    def handle_expect_100(self) -> bool:
        """Let the client go on at once: it waits for this line, and the output is buffered."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = HttpRequest(
            method=self.command,
            url=self.path,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            content=self._content(),
        )
        reply, cut = self.server.replay.respond(request)
        self.send_response_only(reply.status)
        defaults = {"Date": self.date_time_string(), "Content-Length": str(len(reply.content))}
        given = {name.lower() for name in reply.headers}
        for name, value in [*reply.headers.items(), *((n, v) for n, v in defaults.items() if n.lower() not in given)]:
            self.send_header(name, value)
        self.end_headers()
        if cut is not None:
            self.wfile.write(reply.content[:cut])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(reply.content)

    def _content(self) -> bytes:
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve  # noqa: N815 - names that the base class calls
