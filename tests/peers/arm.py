"""Azure Resource Manager, Entra ID's token endpoint and Retail Prices over HTTPS: tests write the answers."""

from __future__ import annotations

import json
import re
import secrets
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import trustme

from tests.peers.http_replay import Fault, HttpReply, HttpRequest, NotScripted, ReplayServer

TENANT_ID: Final = "11111111-2222-4333-8444-555555555555"
CLIENT_ID: Final = "66666666-7777-4888-8999-000000000000"
TOKEN_SECONDS: Final = 3600
OPEN_PATHS: Final = ("/api/retail/prices",)  # Retail Prices asks for no token
THROTTLE_HEADERS: Final = tuple(
    f"x-ms-ratelimit-microsoft.costmanagement-{scope}-retry-after"
    for scope in ("entity", "client", "clienttype", "tenant", "qpu")
)
"""Where Cost Management says how many seconds to wait, often without a standard Retry-After."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRequest:
    """One request. ``authorized`` is whether it carried a good token of this server; the token itself is not kept."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorized: bool
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmReply:
    """An answer; ``body`` goes out as JSON, None as no body, bytes as they are."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[ArmRequest], ArmReply | Mapping[str, Any]]


class ArmServer(ReplayServer):
    """Answers what a test registered; anything else is an error of the test (501, which no client retries)."""

    def __init__(self, folder: Path) -> None:
        """``folder`` takes the certificate of the throw-away authority."""
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self.ca_pem: Final = folder / "arm-ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_pem))
        self.tenant_id: Final = TENANT_ID
        self.client_id: Final = CLIENT_ID
        self.client_secret: Final = secrets.token_urlsafe(24)
        self.environ: Final = {
            "TEST_AZURE_TENANT_ID": self.tenant_id,
            "TEST_AZURE_CLIENT_ID": self.client_id,
            "TEST_AZURE_CLIENT_SECRET": self.client_secret,
        }
        self.requests: list[ArmRequest] = []
        self._routes: list[tuple[str, re.Pattern[str], Answer]] = []
        self._tokens: set[str] = set()
        super().__init__(tls=context)
        self.base_url: Final = self.origin

    def on(self, method: str, pattern: str) -> Callable[[Answer], Answer]:
        """Register the answer to a path, whatever the case of letters; the route registered last wins.

        ``{name}`` is one segment, ``{name*}`` any number of them.
        """
        compiled = _compiled(pattern)

        def register(answer: Answer) -> Answer:
            self._routes.insert(0, (method.upper(), compiled, answer))
            return answer

        return register

    def fail_next(
        self,
        http_status: int,
        headers: Mapping[str, str] | None = None,
        code: str = "Injected",
        times: int = 1,
        *,
        on: str = "",
    ) -> None:
        """Answer the next requests with an error in ARM's form; token requests only if ``on`` names them."""
        reply = _error(http_status, code, "injected by the test", headers)
        self._add(Fault(on=on, reply=lambda _: reply), times)

    def expire_tokens(self) -> None:
        """From now on, tokens issued so far are refused."""
        with self._lock:
            self._tokens.clear()

    def calls(self, path_part: str) -> int:
        """How many requests had ``path_part`` in their path, whatever the case of letters."""
        return sum(path_part.lower() in request.path.lower() for request in tuple(self.requests))

    def reset(self) -> None:
        """Forget routes, faults and requests. Tokens stay good: a client may keep one."""
        super().reset()
        self._routes.clear()
        self.requests.clear()

    def takes_faults(self, request: HttpRequest) -> bool:
        """Whether the request is not about tokens."""
        return not _is_about_tokens(request.path)

    def record(self, request: HttpRequest) -> None:
        """Keep what was asked, without the token and without the secret."""
        if _is_about_tokens(request.path):
            asked = ArmRequest(method=request.method, path=request.path, query=request.query, authorized=False)
        else:
            asked = self._read(request, {})
        self.requests.append(asked)

    def answer(self, request: HttpRequest) -> HttpReply:
        """The token, or the registered answer, or ARM's error."""
        if _is_about_tokens(request.path):
            return self._answer_about_tokens(request)
        if not self._is_authorized(request) and not request.path.lower().startswith(OPEN_PATHS):
            challenge = {
                "WWW-Authenticate": f'Bearer authorization_uri="{self.base_url}/{TENANT_ID}", error="invalid_token"'
            }
            return _error(
                401, "ExpiredAuthenticationToken", "The access token is missing, unknown or expired.", challenge
            )
        for method, pattern, answer in tuple(self._routes):
            match = pattern.fullmatch(request.path)
            if method == request.method and match is not None:
                return _http_reply(answer(self._read(request, match.groupdict())))
        raise NotScripted(
            f'no answer for {request.method} {request.path}: register one with on("{request.method}", ...)'
        )

    def _read(self, request: HttpRequest, parameters: Mapping[str, str]) -> ArmRequest:
        return ArmRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            body=json.loads(request.content) if request.content else None,
            headers={name: value for name, value in request.headers.items() if name != "authorization"},
            authorized=self._is_authorized(request),
            parameters=parameters,
        )

    def _is_authorized(self, request: HttpRequest) -> bool:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        return kind == "Bearer" and token in self._tokens

    def _answer_about_tokens(self, request: HttpRequest) -> HttpReply:
        tenant = request.path.split("/")[1]
        if request.path.endswith("openid-configuration"):
            return HttpReply.of_json(_openid_configuration(f"{self.base_url}/{tenant}"))
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        given = (tenant, form.get("client_id"), form.get("client_secret"))
        if given != (self.tenant_id, self.client_id, self.client_secret):
            return HttpReply.of_json(_refused_client(), 401)
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens.add(token)
        return HttpReply.of_json(
            {
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "ext_expires_in": TOKEN_SECONDS,
                "access_token": token,
            }
        )


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+\*?)\}", pattern)
    names = [f"(?P<{name.rstrip('*')}>{'.*' if name.endswith('*') else '[^/]+'})" for name in parts[1::2]]
    texts = [re.escape(text) for text in parts[::2]]
    return re.compile("".join(text + name for text, name in zip(texts, [*names, ""], strict=True)), re.IGNORECASE)


def _is_about_tokens(path: str) -> bool:
    return path.endswith(("/oauth2/v2.0/token", "/openid-configuration"))


def _http_reply(answered: ArmReply | Mapping[str, Any]) -> HttpReply:
    reply = answered if isinstance(answered, ArmReply) else ArmReply(body=answered)
    if isinstance(reply.body, bytes):
        return HttpReply(status=reply.status, headers=reply.headers, content=reply.body)
    return HttpReply.of_json(reply.body, reply.status, reply.headers)


def _error(http_status: int, code: str, message: str, headers: Mapping[str, str] | None) -> HttpReply:
    return HttpReply.of_json({"error": {"code": code, "message": message}}, http_status, headers)


def _openid_configuration(authority: str) -> dict[str, object]:
    return {
        "token_endpoint": f"{authority}/oauth2/v2.0/token",
        "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
        "issuer": f"{authority}/v2.0",
        "jwks_uri": f"{authority}/discovery/v2.0/keys",
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _refused_client() -> dict[str, object]:
    return {
        "error": "invalid_client",
        "error_description": "AADSTS7000215: Invalid client secret provided.",
        "error_codes": [7000215],
        "timestamp": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()),
        "correlation_id": str(uuid.uuid4()),
    }
