"""Bills of Google Cloud: from the exports in BigQuery, or from Parquet files in Cloud Storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from collectors.collector import CollectWindow, DeliveredPart, Delivery, GrantCheck, IndependentTotal
from collectors.connections.base import Connection
from collectors.connections.gcp import GcpBilling, GcpBillingFiles, GcpBillingTable, GcpFocusTable
from collectors.errors import InvalidManifest, NotFoundAtProvider, ProviderError, TornDelivery
from collectors.focus.dialect import Dialect
from collectors.gcp.access import read_access
from collectors.gcp.client import READ_TIMEOUT_SECONDS, GcpClients, gcp_faults
from collectors.gcp.credentials import VENDOR
from collectors.gcp.discover import (
    DETAILED_KIND,
    FOCUS_KIND,
    MonthState,
    find_months,
    first_partition_at,
    rows_of_mark,
    to_mark,
)
from collectors.gcp.errors import RowsLost
from collectors.gcp.grants import check_grants
from collectors.gcp.manifests import (
    GET_PERMISSION,
    ManifestRef,
    find_manifests,
    newest_is,
    read_manifest,
)
from collectors.gcp.native import tally_of
from collectors.gcp.pages import write_pages
from collectors.gcp.prices import read_prices
from collectors.gcp.relations import READ_PERMISSION, Relation, describe, money, quoted, run_query
from collectors.gcp.tally import Tally
from collectors.gcp.to_focus import DETAILED, FOCUS_EXPORT
from collectors.gcp.totals import read_totals
from collectors.gcp.usage import read_usage
from collectors.readings import Reading, SignalReading


def open_billing(
    connection: Connection, *, environ: Mapping[str, str], sleep: Callable[[float], None]
) -> GcpTableCollector | GcpFilesCollector:
    """The collector of a connection; see ``collectors.gcp.open_collector``.

    Raises:
        ValueError: the connection is of another vendor.
    """
    if isinstance(connection, GcpBillingTable):
        return GcpTableCollector(connection, GcpClients(connection, environ=environ, sleep=sleep))
    if isinstance(connection, GcpBillingFiles):
        return GcpFilesCollector(connection, GcpClients(connection, environ=environ, sleep=sleep))
    raise ValueError(f"connection {connection.name!r} is none of Google Cloud's kinds")


class GcpCollector:
    """What all connections of Google Cloud can do besides bringing bills."""

    def __init__(self, connection: GcpBilling, clients: GcpClients, dialect: Dialect) -> None:
        self._connection = connection
        self._clients = clients
        self._dialect = dialect

    @property
    def connection(self) -> GcpBilling:
        """What it was opened from."""
        return self._connection

    @property
    def dialect(self) -> Dialect:
        """How its files become FOCUS."""
        return self._dialect

    def mark(self, delivery: Delivery) -> str:
        """Nothing: manifests are listed anew every time."""
        return ""

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """From the invoices that were noted down, else from another export; see ``collectors.gcp.totals``."""
        return read_totals(self._clients, self._connection, periods)

    def readings(
        self, purpose: Literal["usage", "prices", "access"], window: CollectWindow
    ) -> Iterator[Reading | SignalReading]:
        """Whatever the connection names: commitments and storage, SKU prices, or BigQuery jobs."""
        if purpose == "usage":
            yield from read_usage(self._clients, self._connection)
        elif purpose == "prices":
            yield from read_prices(self._clients, self._connection)
        else:
            yield from read_access(self._clients, self._connection, window)

    def check_grants(self) -> tuple[GrantCheck, ...]:
        """Tries every permission that the connection needs; see ``collectors.gcp.grants``."""
        return check_grants(self._clients, self._connection)

    def close(self) -> None:
        """Give back network connections."""
        self._clients.close()


class GcpTableCollector(GcpCollector):
    """The detailed or the FOCUS export in BigQuery, a month at a time, up to a fixed ``export_time``.

    Rows that arrive while a month is fetched have a later ``export_time`` and belong to its next delivery. A month with
    fewer rows than were stored of it, or than this collector has seen before, is never delivered.
    """

    def __init__(self, connection: GcpBillingTable, clients: GcpClients) -> None:
        is_focus = isinstance(connection, GcpFocusTable)
        super().__init__(connection, clients, FOCUS_EXPORT if is_focus else DETAILED)
        self._table_id = connection.table_id
        self._kind = FOCUS_KIND if is_focus else DETAILED_KIND
        self._most_rows: dict[str, int] = {}  # by period; it outlives a discovery with nothing known

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery | ProviderError]:
        """The state of each month that has rows, all counted anew; ``RowsLost`` for one that lost some."""
        for period, mark in known.items():
            self._most_rows[period] = max(rows_of_mark(mark), self._most_rows.get(period, 0))
        relation = describe(self._clients, self._table_id)
        states = find_months(self._clients, relation, self._kind, window.periods())
        found = {period: self._found(period, states.get(period), relation) for period in window.periods()}
        return {period: each for period, each in found.items() if each is not None}

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """The month's rows as one Parquet file, written a page at a time, counted and summed again."""
        state, relation = delivery.native
        path = folder / f"{state.period}.parquet"
        with gcp_faults(f"table {self._table_id}", permission=READ_PERMISSION):
            write_pages(self._pages(state, relation), path, cost=self._kind.cost, credit_list=self._kind.credits)
        found = tally_of(path, cost=self._kind.cost, credit_list=self._kind.credits) if path.exists() else Tally()
        if found != state.tally:
            raise TornDelivery(
                f"Google Cloud table {self._table_id} gave {found} of {state.period} where it had {state.tally}; "
                "nothing of it was stored; try again",
                vendor=VENDOR,
                location=self._table_id,
            )
        return (path,)

    def mark(self, delivery: Delivery) -> str:
        """How many rows the month had."""
        state, _ = delivery.native
        return to_mark(state)

    def _found(self, period: str, state: MonthState | None, relation: Relation) -> Delivery | ProviderError | None:
        rows, most_rows = (0 if state is None else state.tally.rows), self._most_rows.get(period, 0)
        if rows < most_rows:
            return RowsLost(
                f"Google Cloud table {self._table_id} lost rows of {period}: it has {rows}, and had {most_rows}; an "
                "export only grows, so partitions expired or the table was made anew; what is stored of the month "
                "stays; end the expiry, restore the rows (BigQuery's time travel keeps them for seven days), or leave "
                "the month out",
                vendor=VENDOR,
                location=self._table_id,
            )
        self._most_rows[period] = rows
        return None if state is None else self._delivery(state, relation)

    def _delivery(self, state: MonthState, relation: Relation) -> Delivery:
        part = DeliveredPart(name=f"{self._table_id} {state.period}", tag=str(state.tally), row_count=state.tally.rows)
        return Delivery(
            period=state.period,
            run_id=state.exported_at.isoformat(),
            parts=(part,),
            row_count=state.tally.rows,
            written_at=state.exported_at,
            native=(state, relation),
        )

    def _pages(self, state: MonthState, relation: Relation) -> Iterator[pa.RecordBatch]:
        kind = self._kind
        rows = run_query(
            self._clients,
            f"SELECT {_select_list(relation, kind.cost, kind.credits)} FROM `{relation.table_id}` "
            f"WHERE {relation.within_partitions('partitions_since')} AND {kind.month} = @month "
            f"AND {kind.export_time} <= @exported_at",
            reads=relation.table_id,
            parameters={
                "month": state.period.replace("-", ""),
                "exported_at": state.exported_at,
                "partitions_since": first_partition_at(state.period),
            },
        )
        yield from rows.to_arrow_iterable()


class GcpFilesCollector(GcpCollector):
    """An export as Parquet files in Cloud Storage, by manifest; see ``collectors.gcp.manifests``."""

    def __init__(self, connection: GcpBillingFiles, clients: GcpClients) -> None:
        super().__init__(connection, clients, FOCUS_EXPORT if connection.format == "focus" else DETAILED)
        self._files_connection = connection

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery | ProviderError]:
        """The newest manifest of each month; one that cannot be read is told for its own month alone."""
        found = find_manifests(self._clients, self._files_connection)
        return {period: self._delivery(found[period]) for period in window.periods() if period in found}

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """Every file in the generation that the manifest names; the manifest must still be the newest afterwards."""
        ref = delivery.native
        paths = tuple(self._download(part, folder, number) for number, part in enumerate(delivery.parts))
        now = find_manifests(self._clients, self._files_connection)
        if not newest_is(ref, now.values()):
            raise self._torn(ref.name, f"{ref.period} was delivered anew while it was fetched")
        return paths

    def _delivery(self, ref: ManifestRef) -> Delivery | ProviderError:
        try:
            manifest = read_manifest(self._clients, self._files_connection, ref)
        except NotFoundAtProvider:
            return self._torn(ref.name, "it was written again while it was read")
        except InvalidManifest as fault:
            return fault
        parts = tuple(
            DeliveredPart(
                name=each.name, tag=str(each.generation), byte_count=each.byte_count, row_count=each.row_count
            )
            for each in manifest.files
        )
        return Delivery(
            period=ref.period,
            run_id=manifest.run_id,
            parts=parts if manifest.row_count else (),
            row_count=manifest.row_count,
            written_at=ref.written_at,
            native=ref,
        )

    def _download(self, part: DeliveredPart, folder: Path, number: int) -> Path:
        bucket = self._files_connection.bucket
        path = folder / f"{number:05d}-{Path(part.name).name}"
        blob = self._clients.storage.bucket(bucket).blob(part.name, generation=int(part.tag))
        try:
            with gcp_faults(f"gs://{bucket}/{part.name}", permission=GET_PERMISSION):
                blob.download_to_filename(
                    str(path), retry=self._clients.patience, timeout=READ_TIMEOUT_SECONDS, checksum="crc32c"
                )
        except NotFoundAtProvider as fault:
            raise self._torn(part.name, "it is no longer what the manifest lists") from fault
        if path.stat().st_size != part.byte_count:
            raise self._torn(part.name, f"{path.stat().st_size} of {part.byte_count} bytes arrived")
        return path

    def _torn(self, name: str, reason: str) -> TornDelivery:
        location = f"gs://{self._files_connection.bucket}/{name}"
        return TornDelivery(
            f"Google Cloud is rewriting {location}: {reason}; nothing of it was stored; try again in a few minutes",
            vendor=VENDOR,
            location=location,
        )


def _select_list(relation: Relation, cost: str, credit_list: str | None) -> str:
    """Every column by its name, the amounts that are summed as exact decimals."""
    return ", ".join(_selected(field, cost, credit_list) for field in relation.columns)


def _selected(field: Any, cost: str, credit_list: str | None) -> str:
    name = quoted(field.name)
    if field.name.casefold() == cost.casefold():
        return f"{money(name, field)} AS {name}"
    if credit_list is None or field.name.casefold() != credit_list.casefold():
        return name
    fields = ", ".join(
        f"{money(f'c.{quoted(each.name)}', each) if each.name.casefold() == 'amount' else f'c.{quoted(each.name)}'} "
        f"AS {quoted(each.name)}"
        for each in field.fields
    )
    return f"ARRAY(SELECT AS STRUCT {fields} FROM UNNEST({name}) AS c) AS {name}"
