"""One factory for every client of Google Cloud, its patience with faults that pass, and faults as our errors.

Endpoints can be overridden one by one. One without TLS is on the loopback interface (the connection checks that);
over gRPC it is then called without credentials, because gRPC sends none over an insecure channel.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import google.auth.exceptions
import google.auth.transport.grpc
import grpc
import requests
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud import bigquery, storage  # type: ignore[attr-defined]
from google.cloud.billing_v1 import CloudCatalogClient
from google.cloud.billing_v1.services.cloud_catalog.transports import CloudCatalogGrpcTransport
from google.cloud.storage.exceptions import DataCorruption  # type: ignore[import-untyped]

from collectors.connections.gcp import GcpBilling
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    TornDelivery,
)
from collectors.gcp.credentials import VENDOR, open_credentials
from collectors.gcp.errors import QueryRefused
from collectors.unreachable import (
    ATTEMPTS_TO_REACH,
    BoundedAdapter,
    host_unreachable,
    unreachable_cause,
    unreachable_cause_in_text,
    unreachable_host,
)

ATTEMPTS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 60.0
READ_TIMEOUT_SECONDS: Final = 120.0
_CATALOG: Final = "cloudbilling.googleapis.com:443"
# Named always: left to themselves, the SDKs take addresses from variables such as STORAGE_EMULATOR_HOST, TLS or not.
_HOSTS: Final = {"bigquery": "https://bigquery.googleapis.com", "storage": "https://storage.googleapis.com"}
_PASSING_CODES: Final = frozenset({429, 500, 502, 503, 504})
_PASSING_REASONS: Final = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "jobRateLimitExceeded", "backendError", "internalError"}
)
_QUOTA_REASONS: Final = _PASSING_REASONS | {"quotaExceeded", "dailyLimitExceeded"}
_SDK_FAULTS: Final = (
    exceptions.GoogleAPICallError,
    google.auth.exceptions.GoogleAuthError,
    requests.RequestException,
    ConnectionError,
    DataCorruption,
)

_Result = TypeVar("_Result")


class Patience:
    """Repeats a call after faults that pass. Every SDK of Google takes it as its ``retry``.

    A pause is as long as the vendor asks (``Retry-After`` in seconds or as a date, ``RetryInfo`` over gRPC), else 1, 2,
    4, 8 seconds; never longer than a minute. After ``ATTEMPTS`` attempts (``ATTEMPTS_TO_REACH`` where no host is
    reached) the last fault is raised.
    """

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep

    def __call__(self, call: Callable[..., _Result], on_error: object = None) -> Callable[..., _Result]:
        """``call`` with patience; ``on_error`` is part of the SDKs' own protocol and unused."""

        def patient(*arguments: Any, **keywords: Any) -> _Result:
            for attempt in range(1, ATTEMPTS):
                try:
                    return call(*arguments, **keywords)
                except _SDK_FAULTS as fault:
                    if not passes(fault) or (attempt >= ATTEMPTS_TO_REACH and _unreachable_cause(fault) is not None):
                        raise
                    self._sleep(min(asked_pause_seconds(fault) or 2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS))
            return call(*arguments, **keywords)

        return patient


class GcpClients:
    """Clients of one connection, made when first asked for.

    Raises:
        CredentialsMissing: from any property, when the connection's credentials are not where it says.
    """

    def __init__(
        self, connection: GcpBilling, *, environ: Mapping[str, str], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.connection = connection
        self.patience: Any = Patience(sleep)
        self._environ = environ
        self._session: AuthorizedSession | None = None
        self._bigquery: bigquery.Client | None = None
        self._storage: storage.Client | None = None
        self._catalog: CloudCatalogClient | None = None
        self._channel: grpc.Channel | None = None

    @property
    def bigquery(self) -> bigquery.Client:
        """BigQuery over REST."""
        if self._bigquery is None:
            self._bigquery = bigquery.Client(
                project=self.connection.project,
                credentials=self._authorized.credentials,
                _http=self._authorized,
                client_options=self._options("bigquery"),
            )
        return self._bigquery

    @property
    def storage(self) -> storage.Client:
        """Cloud Storage over its JSON API."""
        if self._storage is None:
            self._storage = storage.Client(
                project=self.connection.project,
                credentials=self._authorized.credentials,
                _http=self._authorized,
                client_options=self._options("storage"),
            )
        return self._storage

    @property
    def catalog(self) -> CloudCatalogClient:
        """The public price list over gRPC."""
        if self._catalog is None:
            self._channel = self._open_channel()
            self._catalog = CloudCatalogClient(transport=CloudCatalogGrpcTransport(channel=self._channel))
        return self._catalog

    @property
    def service_account_email(self) -> str | None:
        """Whom the calls are made as; None when the credentials do not tell it."""
        email = getattr(self._authorized.credentials, "service_account_email", None)
        return str(email) if email and email != "default" else None

    def close(self) -> None:
        """Give back network connections."""
        if self._session is not None:
            self._session.close()  # type: ignore[no-untyped-call]
        if self._channel is not None:
            self._channel.close()
        self._session = self._bigquery = self._storage = self._catalog = self._channel = None

    @property
    def _authorized(self) -> AuthorizedSession:
        if self._session is None:
            request = self._token_request()
            credentials = open_credentials(self.connection, environ=self._environ, request=request)
            self._session = AuthorizedSession(  # type: ignore[no-untyped-call]
                credentials, refresh_timeout=READ_TIMEOUT_SECONDS, max_refresh_attempts=1, auth_request=request
            )
            self._bound(self._session)
        return self._session

    def _token_request(self) -> Request:
        session = requests.Session()
        self._bound(session)
        return Request(session)

    def _bound(self, session: requests.Session) -> None:
        """Bound the time that a session takes, and let it trust the connection's own authorities."""
        session.verify = self.connection.ca_bundle or True
        for scheme in ("https://", "http://"):
            session.mount(scheme, BoundedAdapter(read_timeout_seconds=READ_TIMEOUT_SECONDS))

    def _options(self, service: str) -> ClientOptions:
        return ClientOptions(api_endpoint=self.connection.endpoints.get(service, _HOSTS[service]).rstrip("/"))

    def _open_channel(self) -> grpc.Channel:
        endpoint = self.connection.endpoints.get("catalog")
        target = _CATALOG if endpoint is None else urlsplit(endpoint).netloc
        if endpoint is not None and endpoint.startswith("http://"):
            return grpc.insecure_channel(target)
        bundle = self.connection.ca_bundle
        roots = grpc.ssl_channel_credentials(Path(bundle).read_bytes() if bundle else None)
        credentials = self._authorized.credentials
        channel: grpc.Channel = google.auth.transport.grpc.secure_authorized_channel(  # type: ignore[no-untyped-call]
            credentials, self._token_request(), target, ssl_credentials=roots
        )
        return channel


@contextmanager
def gcp_faults(location: str, *, permission: str) -> Iterator[None]:
    """Turn faults of a call on ``location`` that needs ``permission`` into errors that say what to do.

    Raises:
        AccessDenied, NotFoundAtProvider, CredentialsMissing, QueryRefused: a person must change something.
        TornDelivery: the object changed since it was listed, or arrived damaged.
        ProviderUnavailable: everything else; it was tried several times already.
    """
    try:
        yield
    except _SDK_FAULTS as fault:
        raise _as_error(fault, location, permission) from fault


def _as_error(fault: BaseException, location: str, permission: str) -> ProviderError:
    cause = _unreachable_cause(fault)
    if cause is not None:
        return host_unreachable(VENDOR, unreachable_host(fault) or _CATALOG, cause, location=location)
    if isinstance(fault, exceptions.Unauthorized | google.auth.exceptions.RefreshError):
        # The text of these may repeat what was sent, so none of it is shown.
        return CredentialsMissing(
            f"Google Cloud refuses the credentials for {location}; renew them where the connection says they are",
            vendor=VENDOR,
            location=location,
        )
    if isinstance(fault, exceptions.GoogleAPICallError):
        return _translated(fault, location, permission)
    if isinstance(fault, DataCorruption):
        return TornDelivery(
            f"Google Cloud sent {location} with another checksum than it states; nothing of it was stored; try again",
            vendor=VENDOR,
            location=location,
        )
    return ProviderUnavailable(
        f"Google Cloud did not answer for {location} ({type(fault).__name__}); check the network, the endpoint and "
        "ca_bundle, then try again",
        vendor=VENDOR,
        location=location,
    )


def _unreachable_cause(fault: BaseException) -> str | None:
    """Why a host was not reached; gRPC tells it in words alone, with the status of a server that is busy."""
    if isinstance(fault, exceptions.ServiceUnavailable) and isinstance(fault.response, grpc.RpcError):
        return unreachable_cause_in_text(str(fault.message))
    return unreachable_cause(fault)


def passes(fault: BaseException) -> bool:
    """Whether the same call may succeed in a moment."""
    if isinstance(fault, exceptions.GoogleAPICallError):
        return fault.code in _PASSING_CODES or bool(reasons_of(fault) & _PASSING_REASONS)
    if isinstance(fault, requests.exceptions.SSLError | DataCorruption):
        return False
    if isinstance(fault, google.auth.exceptions.GoogleAuthError):
        return isinstance(fault, google.auth.exceptions.TransportError)
    return isinstance(fault, requests.RequestException | ConnectionError)


def asked_pause_seconds(fault: BaseException) -> float | None:
    """How long the vendor asks to wait; None when it does not say."""
    for detail in getattr(fault, "details", None) or ():
        delay = getattr(detail, "retry_delay", None)
        if delay is not None:
            return float(delay.seconds) + float(delay.nanos) / 1e9
    headers = getattr(getattr(fault, "response", None), "headers", None) or {}
    asked = headers.get("Retry-After")
    if asked is None:
        return None
    if asked.strip().isdigit():
        return float(asked)
    try:
        # Told as a moment by the vendor's clock, so it is compared with the vendor's clock.
        return max(0.0, (parsedate_to_datetime(asked) - parsedate_to_datetime(headers["Date"])).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def reasons_of(fault: exceptions.GoogleAPICallError) -> frozenset[str]:
    """BigQuery's and Cloud Storage's own words for what went wrong, for instance ``rateLimitExceeded``."""
    found = {str(each.get("reason", "")) for each in fault.errors if isinstance(each, Mapping)}
    return frozenset(found | {str(fault.reason or "")}) - {""}


def _translated(fault: exceptions.GoogleAPICallError, location: str, permission: str) -> ProviderError:
    reasons = reasons_of(fault)
    if passes(fault) or reasons & _QUOTA_REASONS:
        return ProviderUnavailable(
            f"Google Cloud could not serve {location} ({_word(fault)}); try again later",
            vendor=VENDOR,
            location=location,
        )
    if isinstance(fault, exceptions.Forbidden):
        return AccessDenied(
            f"Google Cloud denies access to {location}; grant {permission} on it to the identity of this connection",
            vendor=VENDOR,
            location=location,
            permission=permission,
        )
    if isinstance(fault, exceptions.NotFound):
        return NotFoundAtProvider(
            f"Google Cloud has no {location}; check project, dataset, table or bucket of this connection",
            vendor=VENDOR,
            location=location,
        )
    if isinstance(fault, exceptions.PreconditionFailed):
        return TornDelivery(
            f"Google Cloud is rewriting {location}; nothing of it was stored; try again in a few minutes",
            vendor=VENDOR,
            location=location,
        )
    if "bytesBilledLimitExceeded" in reasons:
        return QueryRefused(
            f"BigQuery would scan more of {location} than this connection allows; raise most_bytes_billed",
            vendor=VENDOR,
            location=location,
        )
    message = str(fault.message).strip().splitlines()
    return QueryRefused(
        f"Google Cloud refuses the request for {location} ({message[0] if message else _word(fault)}); check what the "
        "connection names there",
        vendor=VENDOR,
        location=location,
    )


def _word(fault: exceptions.GoogleAPICallError) -> str:
    return ", ".join(sorted(reasons_of(fault))) or str(fault.code)
