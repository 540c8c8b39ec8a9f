"""Bills of an AWS export: whole deliveries as its manifests state them, and what belongs to the connection besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from collectors.aws.access import read_access
from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.aws.data_exports import DataExportLayout
from collectors.aws.discover import DeliveryContents, ManifestLayout, find_deliveries
from collectors.aws.grants import check_grants
from collectors.aws.legacy_report import LegacyReportLayout
from collectors.aws.objects import download
from collectors.aws.prices import read_prices
from collectors.aws.to_focus import COST_AND_USAGE_REPORT_2, LEGACY_REPORT
from collectors.aws.totals import CallBudget, read_totals, scope_of
from collectors.aws.usage import read_usage
from collectors.collector import CollectWindow, Delivery, GrantCheck, IndependentTotal
from collectors.connections.aws import AwsCostAndUsageReport2, AwsExport, AwsFocusExport, AwsLegacyReport
from collectors.errors import ProviderError, TornDelivery
from collectors.focus.dialect import FOCUS, Dialect
from collectors.readings import Reading, SignalReading

_FORMATS: Final[Mapping[type[AwsExport], tuple[Dialect, ManifestLayout]]] = {
    AwsFocusExport: (FOCUS, DataExportLayout()),
    AwsCostAndUsageReport2: (COST_AND_USAGE_REPORT_2, DataExportLayout()),
    AwsLegacyReport: (LEGACY_REPORT, LegacyReportLayout()),
}


@dataclass(slots=True, kw_only=True)
class AwsCollector:
    """A ``collectors.collector.Collector`` of one export of Data Exports or one legacy Cost and Usage Report.

    Not for use by two threads at once.
    """

    connection: AwsExport
    clients: AwsClients
    _budget: CallBudget = field(init=False, repr=False)
    _account_id: str | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._budget = CallBudget(calls_per_day=self.connection.calls_per_day, now=self.clients.now)

    @property
    def dialect(self) -> Dialect:
        """FOCUS as it is, CUR 2.0, or the legacy report."""
        return _FORMATS[type(self.connection)][0]

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery | ProviderError]:
        """The newest delivery of each period of the window that has a manifest; see ``find_deliveries``."""
        found = find_deliveries(
            self.connection, self.clients, window.periods(), layout=self._layout, suffixes=self.dialect.suffixes
        )
        accounts = [each.native.account_id for each in found.values() if isinstance(each, Delivery)]
        self._account_id = accounts[-1] if accounts else self._account_id
        return found

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """The data files, each as it was when the manifest was read.

        Raises:
            TornDelivery: one of them, or the manifest, is another by now, or arrived cut off.
        """
        contents: DeliveryContents = delivery.native
        paths = tuple(
            download(self.clients, each, folder / f"{number:05d}-{Path(each.key).name}")
            for number, each in enumerate(contents.objects)
        )
        newest = self._layout.find(self.connection, self.clients, [delivery.period]).get(delivery.period)
        if newest != contents.ref:
            location = f"s3://{self.connection.bucket}/{contents.ref.key}"
            raise TornDelivery(
                f"AWS delivered {delivery.period} anew while it was fetched ({location}); nothing of it was stored; "
                "try again",
                vendor=VENDOR,
                location=location,
            )
        return paths

    def mark(self, delivery: Delivery) -> str:
        """Nothing: reading a manifest again costs next to nothing."""
        return ""

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """Cost Explorer's figures, and the invoices' once a period is closed; see ``collectors.aws.totals``.

        Empty when the asking account can see no total that covers what the export covers.
        """
        if not periods:
            return {}
        scope = scope_of(self.clients, self._export_account_id(periods))
        return {} if scope is None else read_totals(self.clients, periods, scope=scope, budget=self._budget)

    def readings(
        self, purpose: Literal["usage", "prices", "access"], window: CollectWindow
    ) -> Iterator[Reading | SignalReading]:
        """What the connection names besides the bill; see the modules ``usage``, ``prices`` and ``access``."""
        match purpose:
            case "usage":
                yield from read_usage(self.connection, self.clients, window)
            case "prices":
                yield from read_prices(self.connection, self.clients)
            case "access":
                yield from read_access(self.connection, self.clients, window)

    def check_grants(self) -> tuple[GrantCheck, ...]:
        """A harmless call for each permission; see ``collectors.aws.grants``."""
        return check_grants(self.connection, self.clients)

    def close(self) -> None:
        """Give back network connections."""
        self.clients.close()

    @property
    def _layout(self) -> ManifestLayout:
        return _FORMATS[type(self.connection)][1]

    def _export_account_id(self, periods: Sequence[str]) -> str:
        """The account that owns the export, by the manifest read last; '' when no manifest tells."""
        if self._account_id is None:
            refs = self._layout.find(self.connection, self.clients, periods)
            newest = max(refs, default=None)
            self._account_id = (
                "" if newest is None else self._layout.read(self.connection, self.clients, refs[newest]).account_id
            )
        return self._account_id
