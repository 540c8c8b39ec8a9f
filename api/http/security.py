"""Who may call: an optional API key, and the host names that the service answers to.

The spine has one key for everybody and no roles; people, roles and tokens are a later matter. Binding to loopback is
the default, and the host check stops a page in a browser from reaching it under another name (DNS rebinding).
"""

from __future__ import annotations

import hmac
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from api.errors import KeyRequired, UnknownHost

_BEARER: Final = HTTPBearer(auto_error=False, description="The value of PLACEMENT_API_KEY")


class NeedsKey:
    """A dependency that lets a call through only with the key."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key.get_secret_value().encode()

    async def __call__(self, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        """Compare in constant time.

        Raises:
            KeyRequired: the key is missing or wrong; the answer does not say which.
        """
        offered = given.credentials.encode() if given else b""
        if not hmac.compare_digest(offered, self._key):
            raise KeyRequired("send 'Authorization: Bearer <key>'", headers={"WWW-Authenticate": "Bearer"})


class NeedsHost:
    """A dependency that refuses calls addressed to a host name that is not ours."""

    def __init__(self, allowed_hosts: tuple[str, ...]) -> None:
        self._allowed = {host.lower() for host in allowed_hosts}

    async def __call__(self, request: Request) -> None:
        """Look at the Host header without its port.

        Raises:
            UnknownHost: the host is not one of the allowed ones.
        """
        host = request.headers.get("host", "").lower()
        name = host if host.endswith("]") else host.rsplit(":", 1)[0] if ":" in host else host
        if "*" not in self._allowed and name not in self._allowed:
            raise UnknownHost("call it by a name listed in PLACEMENT_ALLOWED_HOSTS")
