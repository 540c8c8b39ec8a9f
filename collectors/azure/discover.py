"""Which billing periods an export has delivered: by its manifests alone, never by taking data files as they lie.

An export writes ``<root>/<export>/<YYYYMMDD-YYYYMMDD>/[<YYYYMMDDHHMM>/]<run id>/`` with the parts of the run and, last,
``manifest.json``. What stands in the folders between is not relied on, except to pass over other months cheaply.

* Daily exports of the month to date are cumulative: each run holds the whole month up to its day, so only the newest
  counts and they are never added.
* A run over fewer days (somebody's selection from the first on) never takes the place of one that covers more of the
  month, whenever it was submitted, nor of what was stored earlier.
* In the first five days of a month Azure delivers the month before again, in runs that its run history does not show;
  listing manifests finds them.
* ``OverwritePreviousReport`` and ``CreateNewReport`` differ in whether earlier runs stay; the newest is the same.
* Runs that do not start on the first of a month, or that reach into another one, are somebody's own selection of days
  and no delivery of a month.

Source: https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from azure.storage.blob import BlobServiceClient, ContainerClient

from collectors.azure.credentials import VENDOR
from collectors.azure.faults import azure_faults
from collectors.azure.manifest import READ_PERMISSION, ListedBlob, Run, listed_blob, read_run
from collectors.collector import CollectWindow, DeliveredPart, Delivery
from collectors.connections.azure import AzureExport
from collectors.errors import InvalidManifest, NotFoundAtProvider, ProviderError, TornDelivery

MANIFEST_NAME: Final = "manifest.json"
# A run is submitted before its manifest is written, so a manifest written before the newest submission cannot be newer.
# Two clocks are compared, hence the slack.
CLOCK_SLACK: Final = timedelta(hours=6)

_DATE_RANGE: Final = re.compile(r"/(\d{8})-(\d{8})/")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """What ``fetch`` needs: the run, its parts as listed, and every manifest that was there at the time."""

    run: Run
    blobs: tuple[ListedBlob, ...]
    manifests: frozenset[tuple[str, str]]


def find_deliveries(
    connection: AzureExport, service: BlobServiceClient, window: CollectWindow, known: Mapping[str, str]
) -> Mapping[str, Delivery | ProviderError]:
    """The delivery of each period of the window that has one: what covers most of the month, and of that the newest.

    A period maps to ``TornDelivery`` when a part is missing or was written after its manifest, and to
    ``InvalidManifest`` when a manifest that may be the newest cannot be read, or when all that is there covers less
    of the month than what was collected before; ``known`` has by period the last day of that, as ``mark_of`` wrote it.

    Raises:
        NotFoundAtProvider: no such container, or the export has delivered nothing.
        AccessDenied, ProviderUnavailable, CredentialsMissing: see ``azure_faults``.
    """
    container = service.get_container_client(connection.container)
    listed = list_blobs(connection, container)
    manifests = {name: blob for name, blob in listed.items() if is_manifest(name)}
    if not manifests:
        location = connection.origin
        raise NotFoundAtProvider(
            f"Azure has no manifest under {location}; check container, root_folder and export of this connection; the "
            "first delivery of a new export takes up to 24 hours, and exports without file partitioning write none",
            vendor=VENDOR,
            location=location,
        )
    found: dict[str, Delivery | ProviderError] = {}
    runs: dict[str, Run] = {}
    for period in window.periods():
        try:
            run = _newest_run(connection, container, manifests, period, runs)
            if run is not None:
                _refuse_less(connection, run, known.get(period, ""))
                found[period] = _delivery(connection, run, listed, manifests)
        except (InvalidManifest, TornDelivery) as fault:
            found[period] = fault
    return found


def list_blobs(connection: AzureExport, container: ContainerClient) -> dict[str, ListedBlob]:
    """Every blob below the export's folder, by name."""
    location = connection.origin
    with azure_faults(location, permission=READ_PERMISSION):
        return {
            blob.name: listed_blob(blob, location)
            for blob in container.list_blobs(name_starts_with=connection.base_path)
        }


def is_manifest(name: str) -> bool:
    """Whether a blob name is that of a manifest (``manifest.json``, or one with a name before it)."""
    last = name.rpartition("/")[2].strip().lower()
    return last == MANIFEST_NAME or last.endswith(f"_{MANIFEST_NAME}")


def _newest_run(
    connection: AzureExport,
    container: ContainerClient,
    manifests: Mapping[str, ListedBlob],
    period: str,
    runs: dict[str, Run],
) -> Run | None:
    """Reads from the manifest written last backwards, and stops where no earlier one can be of a run that counts."""
    candidates = [blob for blob in manifests.values() if may_hold(blob.name, period)]
    newest: Run | None = None
    for blob in sorted(candidates, key=lambda each: (each.written_at, each.name), reverse=True):
        if newest is not None and not may_outrank(blob, newest):
            break
        if blob.name not in runs:
            runs[blob.name] = read_run(connection, container, blob)
        run = runs[blob.name]
        if run.is_of_a_month and run.period == period and (newest is None or run.rank > newest.rank):
            newest = run
    return newest


def may_outrank(manifest: ListedBlob, newest: Run) -> bool:
    """False when a manifest was written too early to be of a run that covers as much and was submitted as late."""
    submitted_by = manifest.written_at + CLOCK_SLACK
    return (min(newest.month_ends_on, submitted_by.date()), submitted_by) >= (newest.covered_to_on, newest.submitted_at)


def mark_of(delivery: Delivery) -> str:
    """The last day that a delivery covers, ``YYYY-MM-DD``."""
    found: FoundRun = delivery.native
    return found.run.covered_to_on.isoformat()


def _refuse_less(connection: AzureExport, run: Run, collected_to: str) -> None:
    if run.covered_to_on.isoformat() >= collected_to:
        return
    location = f"{connection.account_url}/{connection.container}/{run.manifest.name}"
    raise InvalidManifest(
        f"Azure has {run.period} up to {run.covered_to_on} only ({location}), where {collected_to} was collected "
        "before; what is stored stays; run the export again over the whole month, or delete this run",
        vendor=VENDOR,
        location=location,
    )


def may_hold(name: str, period: str) -> bool:
    """False when the folder of a run says that it is of other days."""
    days = _DATE_RANGE.search(name)
    return days is None or days[1][:6] == period.replace("-", "")


def _delivery(
    connection: AzureExport, run: Run, listed: Mapping[str, ListedBlob], manifests: Mapping[str, ListedBlob]
) -> Delivery:
    parts, blobs = [], []
    for name, byte_count, row_count in run.parts:
        location = f"{connection.account_url}/{connection.container}/{name}"
        blob = listed.get(name)
        if blob is None:
            raise _torn(location, f"its manifest {run.manifest.name} names it, but it is not there")
        if blob.written_at > run.manifest.written_at:
            raise _torn(location, f"it was written after its manifest {run.manifest.name}")
        if not run.is_compressed and byte_count is not None and byte_count != blob.byte_count:
            raise _torn(location, f"it has {blob.byte_count} bytes where its manifest says {byte_count}")
        parts.append(DeliveredPart(name=name, tag=blob.etag, byte_count=blob.byte_count, row_count=row_count))
        blobs.append(blob)
    return Delivery(
        period=run.period,
        run_id=run.run_id,
        parts=tuple(parts),
        row_count=run.row_count,
        written_at=run.manifest.written_at,
        native=FoundRun(run=run, blobs=tuple(blobs), manifests=manifest_tags(manifests.values())),
    )


def manifest_tags(manifests: Iterable[ListedBlob]) -> frozenset[tuple[str, str]]:
    """Names and tags, to see later whether a manifest has come or changed."""
    return frozenset((blob.name, blob.etag) for blob in manifests)


def _torn(location: str, reason: str) -> TornDelivery:
    return TornDelivery(
        f"Azure is delivering anew: {location}: {reason}; nothing of it was stored; try again in a few minutes",
        vendor=VENDOR,
        location=location,
    )
