"""Hosts that could not be reached at all, told apart from services that are busy: which host, and why.

The SDKs wrap such a fault in errors of their own, some several deep and some as text alone. A person needs the host and
the cause; a retry needs to know that waiting long is of little use.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from collectors.errors import HostUnreachable

CONNECT_TIMEOUT_SECONDS: Final = 10
ATTEMPTS_TO_REACH: Final = 2
"""Once more than once, for a name server or a listener that was away for a moment."""

UNKNOWN_NAME: Final = "its name cannot be resolved; check the address in this connection, DNS and the network"
REFUSED: Final = "it refuses connections; check the address in this connection, the network and any proxy"
SILENT: Final = "it does not answer; check the address in this connection, the network and any firewall"
UNTRUSTED: Final = "its certificate is not trusted; name the authority that signed it in ca_bundle of this connection"

_NO_ROUTE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN})
_HOST_AND_PORT: Final = re.compile(r"host='([^']+)', port=(\d+)")
_CAUSES_IN_TEXT: Final = (
    (re.compile(r"lookup address|name resolution|DNS resolution|errors resolving", re.IGNORECASE), UNKNOWN_NAME),
    (re.compile(r"connection refused", re.IGNORECASE), REFUSED),
    (re.compile(r"certificate.verify.failed|UnknownIssuer", re.IGNORECASE), UNTRUSTED),
    (re.compile(r"connect(ion)? timed out|no route to host|network is unreachable", re.IGNORECASE), SILENT),
)


class BoundedAdapter(HTTPAdapter):
    """Connects within ``CONNECT_TIMEOUT_SECONDS`` and reads within ``read_timeout_seconds``, whatever an SDK asks for.

    Args:
        read_timeout_seconds: the longest silence of a server.
        ca_bundle: PEM file of the authorities to trust; None leaves that to the session.
    """

    def __init__(self, *, read_timeout_seconds: float, ca_bundle: str | None = None) -> None:
        super().__init__()
        self._settings: dict[str, Any] = {"timeout": (CONNECT_TIMEOUT_SECONDS, read_timeout_seconds)}
        if ca_bundle is not None:
            self._settings["verify"] = ca_bundle

    def send(self, request: Any, *arguments: Any, **settings: Any) -> Any:
        """The answer."""
        return super().send(request, **{**settings, **self._settings})


def unreachable_cause(fault: BaseException) -> str | None:
    """Why a host was not reached, as a sentence goes on after "cannot be reached:"; None when it was."""
    for each in _chain(fault):
        if isinstance(each, socket.gaierror):
            return UNKNOWN_NAME
        if isinstance(each, ConnectionRefusedError):
            return REFUSED
        if isinstance(each, ssl.SSLCertVerificationError):
            return UNTRUSTED
        silent = isinstance(each, ConnectTimeoutError) and not isinstance(each, NewConnectionError)
        if silent or (isinstance(each, OSError) and each.errno in _NO_ROUTE):
            return SILENT
    return None


def unreachable_cause_in_text(text: str) -> str | None:
    """The same for an SDK that tells the cause in words alone."""
    return next((cause for pattern, cause in _CAUSES_IN_TEXT if pattern.search(text)), None)


def unreachable_host(fault: BaseException) -> str | None:
    """``host:port`` that was tried, when the fault tells it."""
    for each in _chain(fault):
        found = _HOST_AND_PORT.search(str(each))
        if found is not None:
            return f"{found[1]}:{found[2]}"
        # botocore keeps the address that it tried beside its message.
        address = getattr(each, "kwargs", {}).get("endpoint_url")
        if address:
            return urlsplit(str(address)).netloc
    return None


def host_unreachable(vendor: str, host: str, cause: str, *, location: str) -> HostUnreachable:
    """The error that says so; ``location`` is what was asked for there."""
    return HostUnreachable(
        f"{vendor} cannot be reached at {host} for {location}: {cause}, then try again",
        vendor=vendor,
        location=location,
        host=host,
    )


def as_host_unreachable(vendor: str, fault: BaseException, *, location: str) -> HostUnreachable | None:
    """The error for a fault of an SDK that is about a host which was not reached; None for any other fault."""
    cause = unreachable_cause(fault)
    if cause is None:
        return None
    return host_unreachable(vendor, unreachable_host(fault) or "its address", cause, location=location)


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """The fault and all that it was made of, wherever an SDK put it."""
    seen: set[int] = set()
    waiting: list[object] = [fault]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        kept = (getattr(each, name, None) for name in ("reason", "inner_exception"))
        waiting.extend((each.__cause__, each.__context__, *kept, *each.args))
