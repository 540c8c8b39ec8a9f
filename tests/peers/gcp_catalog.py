"""Google's Cloud Catalog over gRPC with the client library's messages, and a token endpoint for service accounts."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud.billing_v1.types import (
    ListServicesRequest,
    ListServicesResponse,
    ListSkusRequest,
    ListSkusResponse,
    Service,
    Sku,
)

from tests.peers.http_replay import HttpReply, HttpRequest, NotScripted, ReplayServer

PROJECT_ID: Final = "billing-project"
CLIENT_EMAIL: Final = f"collector@{PROJECT_ID}.iam.gserviceaccount.com"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SERVICE: Final = "google.cloud.billing.v1.CloudCatalog"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogCall:
    """One request to the catalogue."""

    method: str
    parent: str
    currency_code: str
    page_token: str


class TokenServer(ReplayServer):
    """OAuth's exchange of a signed assertion for an access token, over HTTP on loopback."""

    def __init__(self) -> None:
        self.issued = 0
        super().__init__()
        self.token_uri: Final = f"{self.origin}/token"

    def answer(self, request: HttpRequest) -> HttpReply:
        """A token for any assertion of the service account's form."""
        form = parse_qs(request.content.decode())
        if request.path != "/token" or form.get("grant_type") != [GRANT] or form["assertion"][0].count(".") != 2:
            raise NotScripted(f"{request.method} {request.path} is not a service account's token request")
        self.issued += 1
        return HttpReply.of_json({"access_token": f"token-{self.issued}", "expires_in": 3600, "token_type": "Bearer"})


class GcpCatalogServer:
    """Serves ``services`` and ``skus`` (by service name, as ``services/95FF-2EF5-5EA1``) in pages of ``page_size``."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.skus: dict[str, list[Sku]] = {}
        self.page_size = 100
        self.requests: list[CatalogCall] = []
        self._faults: deque[grpc.StatusCode] = deque()
        self._lock = threading.Lock()
        self._tokens = TokenServer()
        self.token_uri: Final = self._tokens.token_uri
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, self._handlers()),))
        self.address: Final = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def fail_next(self, code: grpc.StatusCode, times: int = 1) -> None:
        """End the next calls with a status, as UNAVAILABLE or PERMISSION_DENIED."""
        with self._lock:
            self._faults.extend([code] * times)

    def service_account(self, folder: Path) -> Path:
        """Write a service account's key file, whose key is made now and whose tokens come from this peer."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        path = folder / "service-account.json"
        account = {
            "type": "service_account",
            "project_id": PROJECT_ID,
            "private_key_id": "made-for-a-test",
            "private_key": pem,
            "client_email": CLIENT_EMAIL,
            "client_id": "1",
            "token_uri": self.token_uri,
        }
        path.write_text(json.dumps(account), encoding="utf-8")
        return path

    def reset(self) -> None:
        """Forget services, prices, faults and requests."""
        with self._lock:
            self.services.clear()
            self.skus.clear()
            self._faults.clear()
            self.requests.clear()
            self.page_size = 100
        self._tokens.reset()

    def close(self) -> None:
        """Stop serving."""
        self._server.stop(0).wait(5)
        self._tokens.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:
        def handler(answer: Callable[..., Any], question: Any, reply: Any) -> grpc.RpcMethodHandler[Any, Any]:
            return grpc.unary_unary_rpc_method_handler(
                answer, request_deserializer=question.deserialize, response_serializer=reply.serialize
            )

        return {
            "ListServices": handler(self._list_services, ListServicesRequest, ListServicesResponse),
            "ListSkus": handler(self._list_skus, ListSkusRequest, ListSkusResponse),
        }

    def _list_services(self, request: ListServicesRequest, context: grpc.ServicerContext) -> ListServicesResponse:
        self._record("ListServices", "", "", request.page_token, context)
        page, following = self._page(self.services, request.page_token, request.page_size)
        return ListServicesResponse(services=page, next_page_token=following)

    def _list_skus(self, request: ListSkusRequest, context: grpc.ServicerContext) -> ListSkusResponse:
        self._record("ListSkus", request.parent, request.currency_code, request.page_token, context)
        known = self.skus.get(request.parent)
        if known is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no service {request.parent}")
        page, following = self._page(known or [], request.page_token, request.page_size)
        return ListSkusResponse(skus=page, next_page_token=following)

    def _record(self, method: str, parent: str, currency: str, token: str, context: grpc.ServicerContext) -> None:
        with self._lock:
            self.requests.append(CatalogCall(method=method, parent=parent, currency_code=currency, page_token=token))
            fault = self._faults.popleft() if self._faults else None
        if fault is not None:
            context.abort(fault, "injected by the test")

    def _page(self, items: Sequence[Any], token: str, asked: int) -> tuple[list[Any], str]:
        size = min(asked or self.page_size, self.page_size)
        start = int(token or 0)
        following = str(start + size) if start + size < len(items) else ""
        return list(items[start : start + size]), following
