"""Azure's faults turned into our errors, and addresses that must not be followed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ResourceModifiedError
from azure.identity import CredentialUnavailableError

from collectors.azure.credentials import VENDOR
from collectors.connections.base import is_safe_endpoint
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    InvalidManifest,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    TornDelivery,
)
from collectors.unreachable import as_host_unreachable

FIRST_FAULT: Final = 400
_WRONG_KEYS: Final = frozenset({"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"})
_CHAIN_FOUND_NONE: Final = "DefaultAzureCredential failed to retrieve a token"
_NETWORK_RULES: Final = "AuthorizationFailure"
_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_ABSENT: Final = 404
_PASSING: Final = frozenset({408, 429})
_SERVER_FAULT: Final = 500


def check_same_host(url: str, base_url: str) -> None:
    """Refuse an address that a token must not be sent to.

    Raises:
        InvalidManifest: ``url`` is not on the scheme, host and port of ``base_url``.
    """
    asked, own = urlsplit(url), urlsplit(base_url)
    if (asked.scheme, asked.netloc.lower()) != (own.scheme, own.netloc.lower()):
        raise InvalidManifest(
            f"Azure named a next page on {asked.scheme}://{asked.hostname}, which is not {base_url}; nothing was sent "
            "there; check the endpoints of this connection",
            vendor=VENDOR,
            location=base_url,
        )


def check_download_url(url: str, *, location: str) -> None:
    """Refuse to download from an address that is neither https nor this machine. The address, a secret, is not told.

    Raises:
        InvalidManifest: it is.
    """
    if not is_safe_endpoint(url):
        raise InvalidManifest(
            f"Azure named a download for {location} that is not https; nothing was fetched; report this to Microsoft",
            vendor=VENDOR,
            location=location,
        )


@contextmanager
def azure_faults(location: str, *, permission: str) -> Iterator[None]:
    """Turn faults of a call on ``location`` that needs ``permission`` into errors that say what to do.

    Raises:
        AccessDenied, NotFoundAtProvider, CredentialsMissing: a person must change something.
        TornDelivery: the blob changed since it was listed.
        ProviderUnavailable: everything else; it has been tried again already.
    """
    try:
        yield
    except ResourceModifiedError as fault:
        raise TornDelivery(
            f"Azure is rewriting {location}; nothing of it was stored; try again in a few minutes",
            vendor=VENDOR,
            location=location,
        ) from fault
    except CredentialUnavailableError as fault:
        raise _no_credentials(location) from fault
    except HttpResponseError as fault:
        unreachable = as_host_unreachable(VENDOR, fault, location=location)  # a login that failed on the way to it
        raise unreachable or _translated(fault, location, permission) from fault
    except AzureError as fault:
        raise as_host_unreachable(VENDOR, fault, location=location) or ProviderUnavailable(
            f"Azure did not answer for {location} ({type(fault).__name__}); check the network and the endpoint, then "
            "try again",
            vendor=VENDOR,
            location=location,
        ) from fault


def _no_credentials(location: str) -> CredentialsMissing:
    return CredentialsMissing(
        f"Azure found no credentials for {location} on this machine; sign in with `az login`, or name others in "
        "credentials of this connection (env:PREFIX, file:PATH, workload:managed)",
        vendor=VENDOR,
        location=location,
    )


def _translated(fault: HttpResponseError, location: str, permission: str) -> ProviderError:
    if str(fault.message).startswith(_CHAIN_FOUND_NONE):
        return _no_credentials(location)
    code = getattr(fault, "error_code", None) or getattr(fault.error, "code", None)
    if code is None:
        found = re.search(r"AADSTS\d+", str(fault.message))
        code = found[0] if found else ""
    status = fault.status_code
    if status is None and isinstance(fault, ClientAuthenticationError):
        status = _UNAUTHORISED
    return error_of(status, _sound(getattr(code, "value", code)), location, permission)


def error_of(status: int | None, code: str, location: str, permission: str) -> ProviderError:
    """The error for an HTTP status and the vendor's short code; a status of None is a connection that ended."""
    said = f" ({code})" if code else ""
    if status == _UNAUTHORISED or code in _WRONG_KEYS:
        return CredentialsMissing(
            f"Azure refuses the credentials for {location}{said}; renew them where the connection says they are",
            vendor=VENDOR,
            location=location,
        )
    if status == _FORBIDDEN:
        network = ", and let this machine through the account's network rules" if code == _NETWORK_RULES else ""
        return AccessDenied(
            f"Azure denies access to {location}{said}; grant {permission} on it to the identity of this connection"
            f"{network}",
            vendor=VENDOR,
            location=location,
            permission=permission,
        )
    if status == _ABSENT:
        return NotFoundAtProvider(
            f"Azure has no {location}{said}; check account, container, export and scope of this connection",
            vendor=VENDOR,
            location=location,
        )
    if status is not None and FIRST_FAULT <= status < _SERVER_FAULT and status not in _PASSING:
        return NotFoundAtProvider(
            f"Azure does not accept the request for {location} ({code or status}); check the scope of this connection",
            vendor=VENDOR,
            location=location,
        )
    return unavailable(location, code or str(status or "the connection ended"))


def unavailable(location: str, reason: str) -> ProviderUnavailable:
    """The error for what a later attempt may better."""
    return ProviderUnavailable(
        f"Azure could not serve {location} ({reason}); try again later", vendor=VENDOR, location=location
    )


def code_in(content: bytes) -> str:
    """The code in an error body of Resource Manager."""
    try:
        body = json.loads(content)
    except ValueError:
        return ""
    error = body.get("error") if isinstance(body, Mapping) else None
    return _sound(error.get("code")) if isinstance(error, Mapping) else ""


def _sound(code: object) -> str:
    """The vendor's short code; its messages are not repeated, for they may quote what was sent."""
    text = str(code)
    return text if re.fullmatch(r"[\w.-]{1,100}", text) and text != "None" else ""
