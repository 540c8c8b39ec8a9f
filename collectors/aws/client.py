"""One factory for all clients of a connection: endpoints, authorities, time-outs, patience, faults as our errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import botocore.exceptions
from botocore.config import Config

from collectors.aws.credentials import VENDOR, assume_role, open_session
from collectors.aws.faults import is_passing, translated, wished_pause_seconds
from collectors.connections.aws import AwsExport
from collectors.errors import ProviderUnavailable
from collectors.unreachable import ATTEMPTS_TO_REACH, CONNECT_TIMEOUT_SECONDS, unreachable_cause

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_ce.client import CostExplorerClient
    from mypy_boto3_cloudwatch.client import CloudWatchClient
    from mypy_boto3_cost_optimization_hub.client import CostOptimizationHubClient
    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_invoicing.client import InvoicingClient
    from mypy_boto3_organizations.client import OrganizationsClient
    from mypy_boto3_pricing.client import PricingClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_savingsplans.client import SavingsPlansClient
    from mypy_boto3_sts.client import STSClient

READ_TIMEOUT_SECONDS: Final = 60
ATTEMPTS: Final = 5
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 60.0
MOST_PAGES: Final = 100_000

_ENDPOINT_OF: Final = {
    "ce": "cost_explorer",
    "savingsplans": "savings_plans",
    "cost-optimization-hub": "cost_optimization_hub",
}
"""botocore's name of a service -> its name in ``endpoints`` of a connection, where they differ."""

Answer = TypeVar("Answer")


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


class AwsClients:
    """The clients that one connection needs, each made when it is first asked for.

    The SDK's own retries are off: ``ask`` retries, so that one place decides how long to wait, and tests need not.
    """

    def __init__(
        self,
        connection: AwsExport,
        *,
        environ: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._connection = connection
        self._environ = environ
        self._sleep = sleep
        self.now = now
        self._session: boto3.Session | None = None
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def s3(self) -> S3Client:
        """Any bucket: the SDK follows a bucket into its region."""
        client: S3Client = self._client("s3", self._connection.region)
        return client

    @property
    def sts(self) -> STSClient:
        """Who this connection is."""
        client: STSClient = self._client("sts", self._connection.region)
        return client

    @property
    def cost_explorer(self) -> CostExplorerClient:
        """Every call costs 0.01 USD."""
        client: CostExplorerClient = self._client("ce", self._global_region)
        return client

    @property
    def invoicing(self) -> InvoicingClient:
        """Invoices."""
        client: InvoicingClient = self._client("invoicing", self._global_region)
        return client

    @property
    def savings_plans(self) -> SavingsPlansClient:
        """Savings Plans."""
        client: SavingsPlansClient = self._client("savingsplans", self._global_region)
        return client

    @property
    def cost_optimization_hub(self) -> CostOptimizationHubClient:
        """Advice."""
        client: CostOptimizationHubClient = self._client("cost-optimization-hub", self._global_region)
        return client

    @property
    def organizations(self) -> OrganizationsClient:
        """Accounts."""
        client: OrganizationsClient = self._client("organizations", self._global_region)
        return client

    @property
    def pricing(self) -> PricingClient:
        """Price lists."""
        client: PricingClient = self._client("pricing", self._global_region)
        return client

    def cloudwatch(self, region: str) -> CloudWatchClient:
        """Metrics of a region."""
        client: CloudWatchClient = self._client("cloudwatch", region)
        return client

    def ec2(self, region: str) -> EC2Client:
        """Reserved instances of a region."""
        client: EC2Client = self._client("ec2", region)
        return client

    def ask(self, call: Callable[[], Answer], *, location: str, permission: str) -> Answer:
        """The answer of ``call``, tried again after a pause while AWS is busy or the way to it is cut.

        A pause is as long as the answer asks for, at least twice the one before, and at most
        ``LONGEST_PAUSE_SECONDS``.

        Raises:
            AccessDenied, NotFoundAtProvider, CredentialsMissing: a person must change something.
            TornDelivery: the object is no longer the one asked for.
            ProviderUnavailable: still failing after ``ATTEMPTS`` attempts (``ATTEMPTS_TO_REACH`` where the host is not
                reached), or a fault that no retry mends.
        """
        pause_seconds = FIRST_PAUSE_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call()
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as fault:
                attempts = ATTEMPTS if unreachable_cause(fault) is None else ATTEMPTS_TO_REACH
                if attempt >= attempts or not is_passing(fault):
                    raise translated(fault, location=location, permission=permission) from fault
                wished = wished_pause_seconds(fault, now=self.now())
                self._sleep(min(max(pause_seconds, wished), LONGEST_PAUSE_SECONDS))
                pause_seconds *= 2
        raise AssertionError("the loop returns or raises")

    def pages(
        self,
        call: Callable[..., Any],
        request: Mapping[str, Any],
        *,
        location: str,
        permission: str,
        token: tuple[str, str] = ("NextToken", "NextToken"),
    ) -> Iterator[Any]:
        """Answers of ``call`` page by page; ``token`` names the member of an answer and of the next request.

        Raises:
            ProviderError: see ``ask``; also when a page names itself as the next one, or there is no end to them.
        """
        following: dict[str, Any] = {}
        for _ in range(MOST_PAGES):
            page = self.ask(partial(call, **request, **following), location=location, permission=permission)
            yield page
            found = page.get(token[0])
            if not found:
                return
            if following.get(token[1]) == found:
                break
            following = {token[1]: found}
        raise ProviderUnavailable(
            f"AWS lists {location} in pages that have no end; try again, and tell AWS if it stays so",
            vendor=VENDOR,
            location=location,
        )

    def close(self) -> None:
        """Give back the connections of every client."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    @property
    def _global_region(self) -> str:
        """Where the services that have one address for all regions answer, and are signed for."""
        return "cn-northwest-1" if self._connection.region.startswith("cn-") else "us-east-1"

    def _client(self, service: str, region: str) -> Any:
        found = self._clients.get((service, region))
        if found is None:
            found = self._clients[service, region] = self._make(self._open(), service, region)
        return found

    def _open(self) -> boto3.Session:
        """The connection's session, its role included.

        Raises:
            CredentialsMissing: the credentials are not where the connection says.
        """
        if self._session is None:
            connection = self._connection
            session = open_session(connection.credentials, region=connection.region, environ=self._environ)
            if connection.role_arn is not None:
                own = session
                session = assume_role(
                    own,
                    connection.credentials,
                    role_arn=connection.role_arn,
                    external_id=connection.external_id,
                    make_sts_client=lambda service, **settings: self._make(own, service, connection.region, **settings),
                )
            self._session = session
        return self._session

    def _make(self, session: Any, service: str, region: str, *, config: Config | None = None, **settings: Any) -> Any:
        endpoint = self._connection.endpoints.get(_ENDPOINT_OF.get(service, service))
        patience = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
            s3={"addressing_style": "path" if endpoint else "auto"},
        )
        return session.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            verify=self._connection.ca_bundle,
            config=patience if config is None else config.merge(patience),
            **settings,
        )
