"""Every client of a connection, made in one place, and calls of Azure's JSON services."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from urllib.parse import urljoin

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import ProxyPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.costmanagement import CostManagementClient
from azure.storage.blob import BlobServiceClient

from collectors.azure.credentials import VENDOR, identity_credential, storage_credential, tenant_of
from collectors.azure.faults import FIRST_FAULT, azure_faults, check_same_host, code_in, error_of, unavailable
from collectors.azure.pipeline import ATTEMPTS, BACKOFF_SECONDS, Pause, pipeline_settings, storage_settings
from collectors.azure.query_quota import CONSUMED_HEADER, LONGEST_WAIT_SECONDS, QueryQuota, quota_of
from collectors.connections.azure import AzureExport
from collectors.errors import InvalidManifest, ProviderUnavailable

MANAGEMENT_URL: Final = "https://management.azure.com"
RETAIL_PRICES_URL: Final = "https://prices.azure.com"
MOST_PAGES: Final = 1000
LARGEST_ANSWER_BYTES: Final = 64 << 20


@dataclass(kw_only=True)
class AzureClients:
    """The clients of one connection; each is made when it is first asked for.

    Attributes:
        connection: what they connect to.
        environ: where credentials by reference are looked up.
        pause: waits so many seconds.
        quota: units of the Cost Management query quota; by default that of the tenant in this process.
        now: the time, aware UTC.
    """

    connection: AzureExport
    environ: Mapping[str, str] = field(repr=False)
    pause: Pause = time.sleep
    quota: QueryQuota | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @cached_property
    def credential(self) -> TokenCredential:
        """Tokens of the connection's identity."""
        return identity_credential(
            self.connection, environ=self.environ, settings=pipeline_settings(self.connection, pause=self.pause)
        )

    @cached_property
    def blobs(self) -> BlobServiceClient:
        """The storage account that exports are delivered to."""
        credential = storage_credential(
            self.connection, environ=self.environ, settings=pipeline_settings(self.connection, pause=self.pause)
        )
        return BlobServiceClient(
            self.connection.endpoints.get("blob", self.connection.account_url),
            credential=credential,
            **storage_settings(self.connection, pause=self.pause),
        )

    @cached_property
    def management(self) -> CostManagementClient:
        """Azure Resource Manager, with Cost Management's own client."""
        return CostManagementClient(
            self.credential, base_url=self.management_url, **pipeline_settings(self.connection, pause=self.pause)
        )

    @cached_property
    def public(self) -> PipelineClient[HttpRequest, HttpResponse]:
        """Requests that carry no token: retail prices, and downloads by signed address."""
        settings = pipeline_settings(self.connection, pause=self.pause)
        return PipelineClient(
            RETAIL_PRICES_URL,
            policies=[UserAgentPolicy("workload-placement"), ProxyPolicy(), settings["retry_policy"]],
            transport=settings["transport"],
        )

    @property
    def management_url(self) -> str:
        """Address of Azure Resource Manager."""
        return self.connection.endpoints.get("management", MANAGEMENT_URL).rstrip("/")

    @property
    def retail_prices_url(self) -> str:
        """Address of the public price list."""
        return self.connection.endpoints.get("retail_prices", RETAIL_PRICES_URL).rstrip("/")

    def resource_manager(self, call: ArmCall) -> ArmAnswer:
        """One call of Azure Resource Manager.

        Raises:
            AccessDenied, NotFoundAtProvider, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
            InvalidManifest: the answer is not JSON, or too large.
        """
        url = urljoin(f"{self.management_url}/", call.path.lstrip("/"))
        check_same_host(url, self.management_url)
        spend = self._spend(call.query_units) if call.query_units else None
        answer = self._send(self.management.send_request, call, url)
        if spend is not None:
            spend(answer.headers.get(CONSUMED_HEADER))
        return answer

    def public_json(self, call: ArmCall) -> ArmAnswer:
        """One call of the public price list; ``call.path`` is relative to it, or a whole address on the same host."""
        url = urljoin(f"{self.retail_prices_url}/", call.path.lstrip("/"))
        check_same_host(url, self.retail_prices_url)
        return self._send(self.public.send_request, call, url)

    def pages(self, call: ArmCall) -> Iterator[Mapping[str, Any]]:
        """The answers of a paged call of Resource Manager, one after the other.

        A next page is asked for only on the host that the connection names, so that no other host sees the token.

        Raises:
            InvalidManifest: the next page is on another host, or there is no end of pages.
        """
        return self._pages(self.resource_manager, call, "nextLink")

    def public_pages(self, call: ArmCall) -> Iterator[Mapping[str, Any]]:
        """``pages`` of the public price list."""
        return self._pages(self.public_json, call, "NextPageLink")

    def _pages(self, ask: Callable[[ArmCall], ArmAnswer], call: ArmCall, link: str) -> Iterator[Mapping[str, Any]]:
        for _ in range(MOST_PAGES):
            body = ask(call).body
            yield body
            following = next_link_of(body, link)
            if following is None:
                return
            call = call.at(following)
        raise InvalidManifest(
            f"Azure named more than {MOST_PAGES} pages for {call.location}; ask for less, or report this",
            vendor=VENDOR,
            location=call.location,
        )

    def close(self) -> None:
        """Give back the connections of those clients that were made."""
        for name in ("blobs", "management", "public", "credential"):
            made = self.__dict__.pop(name, None)
            close = getattr(made, "close", None)
            if close is not None:
                close()

    def _spend(self, units: int) -> Callable[[str | None], None]:
        quota = self.quota or quota_of(tenant_of(self.connection, self.environ))
        wait_seconds = quota.wait_seconds(units)
        if wait_seconds > LONGEST_WAIT_SECONDS:
            raise ProviderUnavailable(
                f"Azure's quota of Cost Management queries is used up for {wait_seconds:.0f} seconds; try again later",
                vendor=VENDOR,
                location=self.management_url,
            )
        if wait_seconds > 0:
            self.pause(wait_seconds)
        return quota.take(units)

    def _send(self, send: Callable[..., Any], call: ArmCall, url: str) -> ArmAnswer:
        """Send, which has its own retries, and read the bounded body; all again when the connection ends inside it."""
        attempt = 1
        while True:
            request = HttpRequest(call.method, url, params=dict(call.query), json=call.body)
            with azure_faults(call.location, permission=call.permission):
                response = send(request, stream=True)
            try:
                content = read_bounded(response, location=call.location)
            except AzureError as fault:
                if attempt == ATTEMPTS:
                    raise unavailable(call.location, "the connection ended inside the answer") from fault
                self.pause(BACKOFF_SECONDS * 2 ** (attempt - 1))
                attempt += 1
                continue
            if response.status_code >= FIRST_FAULT:
                raise error_of(response.status_code, code_in(content), call.location, call.permission)
            body = _json(content, call.location) if content else {}
            return ArmAnswer(status=response.status_code, headers=dict(response.headers.items()), body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCall:
    """One call to make.

    Attributes:
        method: HTTP method.
        path: relative to the service, or a whole address on its host.
        permission: what an administrator would have to grant when it is refused.
        location: what to call it in an error.
        query: parameters; empty where ``path`` is a next link, which has its own.
        body: JSON to send.
        query_units: units of the query quota that it will cost, 0 for calls outside that quota.
    """

    method: str = "GET"
    path: str
    permission: str
    location: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    query_units: int = 0

    def at(self, link: str) -> ArmCall:
        """The same call, body and all, of another page."""
        return ArmCall(
            method=self.method,
            path=link,
            permission=self.permission,
            location=self.location,
            body=self.body,
            query_units=self.query_units,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmAnswer:
    """An answer without fault; numbers of ``body`` with a fraction are exact decimals. Header names as sent."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]


def next_link_of(body: Mapping[str, Any], link: str) -> str | None:
    """The next page's address; query results keep it below ``properties``."""
    properties = body.get("properties")
    found = body.get(link) or (properties.get(link) if isinstance(properties, Mapping) else None)
    return str(found) if found else None


def read_bounded(response: Any, *, location: str) -> bytes:
    """The body of a streamed answer.

    Raises:
        InvalidManifest: it is larger than ``LARGEST_ANSWER_BYTES``.
    """
    content = bytearray()
    try:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > LARGEST_ANSWER_BYTES:
                raise InvalidManifest(
                    f"Azure's answer for {location} is larger than {LARGEST_ANSWER_BYTES} bytes; ask for less",
                    vendor=VENDOR,
                    location=location,
                )
    finally:
        response.close()
    return bytes(content)


def _json(content: bytes, location: str) -> Mapping[str, Any]:
    try:
        body = json.loads(content, parse_float=Decimal)
    except ValueError as fault:
        raise InvalidManifest(
            f"Azure's answer for {location} is not JSON; check the endpoint of this connection",
            vendor=VENDOR,
            location=location,
        ) from fault
    if not isinstance(body, Mapping):
        raise InvalidManifest(
            f"Azure's answer for {location} is no JSON object; check the endpoint of this connection",
            vendor=VENDOR,
            location=location,
        )
    return body
