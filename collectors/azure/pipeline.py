"""How every request to Azure is sent: time-outs, trust, and waiting as the service's own headers say, bounded."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from azure.core.exceptions import IncompleteReadError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import RetryMode, RetryPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import LocationMode
from urllib3.exceptions import HTTPError

from collectors.connections.azure import AzureExport
from collectors.unreachable import ATTEMPTS_TO_REACH, CONNECT_TIMEOUT_SECONDS

READ_TIMEOUT_SECONDS: Final = 60
ATTEMPTS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 120.0
BACKOFF_SECONDS: Final = 1.0

_THROTTLED: Final = frozenset({429, 503})
_STORAGE_OPTIONS: Final = ("hosts", "location_mode", "retry_to_secondary", "retry_hook")
_PAUSE_HEADER: Final = "retry-after"
_PAUSE_HEADER_MS: Final = "retry-after-ms"

Pause = Callable[[float], None]


class PatientRetry(RetryPolicy[Any, Any]):
    """azure-core's retries, also for POST, after the longest pause that any header of the answer asks for.

    Cost Management names its pauses in ``x-ms-ratelimit-microsoft.costmanagement-<scope>-retry-after`` (entity, client,
    clienttype, tenant, qpu), often without a standard ``Retry-After``; azure-core alone would not try a POST again.
    All requests of this package only read, so sending one twice does no harm.
    Source: https://learn.microsoft.com/azure/cost-management-billing/automate/get-small-usage-datasets-on-demand.
    """

    def __init__(self, pause: Pause) -> None:
        """``pause`` waits so many seconds."""
        self._pause = pause
        super().__init__(
            retry_total=ATTEMPTS - 1,
            retry_connect=ATTEMPTS_TO_REACH - 1,
            retry_read=ATTEMPTS - 1,
            retry_status=ATTEMPTS - 1,
            retry_backoff_factor=BACKOFF_SECONDS,
            retry_backoff_max=LONGEST_PAUSE_SECONDS,
            retry_mode=RetryMode.Exponential,
        )

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        """The settings of one request: every method may be tried again."""
        settings = super().configure_retries(options)
        settings["methods"] = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
        return settings

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Whether the answer is one that a later attempt may better. A fault that stays stays, whatever its headers."""
        return response.http_response.status_code in self._retry_on_status_codes and settings["total"] > 0

    def sleep(
        self, settings: dict[str, Any], transport: Any, response: PipelineResponse[Any, Any] | None = None
    ) -> None:
        """Wait as the answer asks, else longer each time. The transport is not asked to: a wrapped one waits itself."""
        asked = self.get_retry_after(response) if response is not None else None
        seconds = self.get_backoff_time(settings) if asked is None else asked
        if seconds > 0:
            self._pause(min(seconds, LONGEST_PAUSE_SECONDS))

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        """Seconds to wait: the largest of all headers, at most ``LONGEST_PAUSE_SECONDS``; None when none asks."""
        return longest_pause_seconds(response.http_response.headers, parse=self.parse_retry_after)


class PatientStorageRetry(PatientRetry):
    """The same in the place of the storage client's own retries, whose settings travel with every request.

    That client would wait some fifteen seconds whatever a header says, and not at all for 429.
    """

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        """The settings of one request, without those that only the storage client's own policy takes."""
        for name in _STORAGE_OPTIONS:
            options.pop(name, None)
        return super().configure_retries(options)

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """The answer, marked as the primary location's, which listings want to know."""
        response = super().send(request)
        response.http_response.location_mode = LocationMode.PRIMARY
        return response


def longest_pause_seconds(headers: Mapping[str, str], *, parse: Callable[[str], float]) -> float | None:
    """The largest pause in any header whose name ends in ``retry-after`` (seconds or a date) or ``retry-after-ms``."""
    pauses = []
    for name, value in headers.items():
        unit = 1000.0 if name.lower().endswith(_PAUSE_HEADER_MS) else 1.0
        if name.lower().endswith((_PAUSE_HEADER, _PAUSE_HEADER_MS)):
            try:
                pauses.append(parse(value) / unit)
            except (ValueError, TypeError):
                pauses.append(LONGEST_PAUSE_SECONDS)  # asks for a pause, in a form that nobody documents
    return min(max(pauses), LONGEST_PAUSE_SECONDS) if pauses else None


class WholeBodyTransport(RequestsTransport):  # type: ignore[misc]  # azure-core exports it untyped
    """Reads every body before it hands over the answer, so that one that ends early is tried again as any fault is.

    The storage client asks for large blobs piece by piece, at most 32 MiB each, so no more is held. Its own way of
    reading on after a broken connection waits by the clock of the machine, which no caller can bound.
    """

    def send(self, request: Any, **kwargs: Any) -> Any:
        """The answer, its body read.

        Raises:
            IncompleteReadError: the connection ended inside the body.
        """
        response = super().send(request, **kwargs)
        if kwargs.get("stream"):
            answer = response.internal_response
            try:
                content = answer.raw.read(decode_content=False)
            except (HTTPError, OSError) as fault:
                raise IncompleteReadError(message=type(fault).__name__, error=fault) from fault
            answer.raw = io.BytesIO(content)
        return response


def pipeline_settings(connection: AzureExport, *, pause: Pause) -> dict[str, Any]:
    """Keyword arguments that every client of the SDK takes; each call makes a transport of its own."""
    return {
        "transport": RequestsTransport(**_transport_settings(connection)),
        "retry_policy": PatientRetry(pause),
        "permit_redirects": False,
        "logging_enable": False,
    }


def storage_settings(connection: AzureExport, *, pause: Pause) -> dict[str, Any]:
    """``pipeline_settings`` for the storage client."""
    return {
        **pipeline_settings(connection, pause=pause),
        "transport": WholeBodyTransport(**_transport_settings(connection)),
        "retry_policy": PatientStorageRetry(pause),
    }


def _transport_settings(connection: AzureExport) -> dict[str, Any]:
    return {
        "connection_timeout": CONNECT_TIMEOUT_SECONDS,
        "read_timeout": READ_TIMEOUT_SECONDS,
        "connection_verify": connection.ca_bundle or True,
    }
