"""Google Cloud as the contract suite wants a vendor: the detailed export in BigQuery, and as files in Cloud Storage."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import google.cloud.bigquery as bq
import google.cloud.storage as gcs_client
import pyarrow as pa

from collectors.collector import Collector
from collectors.connections.gcp import GcpBillingFiles, GcpDetailedTable
from collectors.gcp import open_collector
from tests.collect.gcp.rows import ACCOUNT, BUCKET_ID, DETAILED_SCHEMA, credit, detailed_row, write_native
from tests.collect.vendor import BilledRow, Fault
from tests.peers.emulators import BigQueryPeer, GcsPeer
from tests.peers.proxy import FaultProxy

ENVIRON: Final = {"TEST_GCP_ACCESS_TOKEN": "token-of-the-test"}
MANY: Final = 10_000

FILES_WAIVED: Final[dict[Fault, str]] = {
    "gzip_bomb": "the export is Parquet, which is read a row group at a time and never unpacked whole",
    "foreign_next_link": "pages of Cloud Storage follow by a token, not by an address",
    "clock_skew": "only times of Cloud Storage are compared, with each other; the emulator's clock is ours",
}
TABLE_WAIVED: Final[dict[Fault, str]] = {
    "torn": "a query sees an append whole or not at all, and is bounded by the export time that was discovered",
    "truncated_file": "BigQuery delivers rows, not files",
    "gzip_bomb": "BigQuery delivers rows, not files",
    "unreadable_manifest": "BigQuery has no manifest; the state of a month is a query",
    "duplicate_manifest": "BigQuery has no manifest; the state of a month is a query",
    "foreign_next_link": "pages of BigQuery follow by a token, not by an address",
}
_THROTTLES: Final[tuple[tuple[int, Mapping[str, str], str], ...]] = (
    (429, {"Retry-After": "2"}, "rateLimitExceeded"),
    (
        429,
        {"Retry-After": "Wed, 18 Mar 2026 06:00:05 GMT", "Date": "Wed, 18 Mar 2026 06:00:00 GMT"},
        "rateLimitExceeded",
    ),
    (429, {}, "rateLimitExceeded"),
    (403, {}, "userRateLimitExceeded"),
)


def native_row(period: str, billed: BilledRow, exported_at: datetime) -> dict[str, Any]:
    """A charge as a row of the detailed export; usage costs more and is brought down by a discount."""
    changes: dict[str, Any] = {"currency": billed.currency, "export_time": exported_at}
    cost = billed.cost
    match billed.category:
        case "Tax":
            changes |= {"cost_type": "tax", "sku": "Tax", "service": "Invoice", "resource": None}
        case "Credit":
            changes |= {"cost_type": "adjustment", "adjustment_info": {"id": "a", "type": "GOODWILL"}}
        case "Purchase":
            changes |= {"sku": "Commitment v1: Cpu in Americas for 1 Year", "service": "Compute Engine"}
        case _:
            cost = billed.cost + 1
            changes |= {"credits": [credit("-0.75", "SUSTAINED_USAGE_DISCOUNT"), credit("-0.25", "FREE_TIER")]}
            changes |= {"resource": {"name": billed.thing, "global_name": BUCKET_ID.format(billed.thing)}}
    month = period.replace("-", "")
    return detailed_row(cost, month=month, day=billed.day, **changes) | dict(billed.extra or {})


@dataclass(slots=True, kw_only=True)
class _GcpVendor:
    """What both ways of delivering have in common."""

    folder: Path
    proxy: FaultProxy
    pauses: list[float] = field(default_factory=list)
    minutes: int = 0
    clock_at: datetime = datetime(2026, 3, 19, tzinfo=UTC)
    noted: dict[str, list[str]] = field(default_factory=dict)
    skew: timedelta = timedelta(0)

    @property
    def invoices(self) -> Path:
        """The file of noted invoices."""
        return self.folder / "invoices.csv"

    def state_total(self, period: str, costs: Mapping[str, Decimal], *, final: bool) -> None:
        """An invoice for each currency."""
        self.noted[period] = [f"{period},{currency},{cost:f},{str(final).lower()}" for currency, cost in costs.items()]
        lines = [line for lines in self.noted.values() for line in lines]
        self.invoices.write_text("\n".join(["invoice_month,currency,amount,final", *lines]) + "\n")

    def now(self) -> datetime:
        """The vendor's clock, which never shows the same time twice."""
        self.minutes += 1
        return self.clock_at + timedelta(minutes=self.minutes) + self.skew

    def break_http(self, fault: Fault, variant: int, *, calls: str, body: str) -> None:
        """Faults of the server; an even variant passes after two attempts, an odd one stays until mended."""
        times = 2 if variant % 2 == 0 else MANY
        match fault:
            case "throttled":
                status, headers, reason = _THROTTLES[variant // 2 % len(_THROTTLES)]
                content = _google_error(status, reason)
                self.proxy.fail_next(status, _JSON | headers, content, times=times, on=calls)
            case "server_error":
                self.proxy.fail_next(503, _JSON, _google_error(503, "backendError"), times=times, on=calls)
            case "cut_body":
                self.proxy.cut_next(after_bytes=20 + variant, times=times, on=body)
            case "expired_token":
                self.proxy.fail_next(401, _JSON, _google_error(401, "authError"), times=MANY, on=calls)
            case "denied":
                self.proxy.fail_next(403, _JSON, _google_error(403, "accessDenied"), times=MANY, on=calls)


_JSON: Final = {"Content-Type": "application/json"}


def _google_error(status: int, reason: str) -> bytes:
    error = {"code": status, "message": reason, "errors": [{"reason": reason, "message": reason}]}
    return json.dumps({"error": error}).encode()


@dataclass(slots=True, kw_only=True)
class GcsFilesVendor(_GcpVendor):
    """Implements ``tests.collect.vendor.Vendor`` on a bucket of its own.

    A delivery of ``rows_of_two_files`` rows or more comes in two files.
    """

    rows_of_two_files: int = 2

    bucket: gcs_client.Bucket
    name: str = "gcp_files"
    faults: frozenset[Fault] = frozenset(
        {
            *("throttled", "server_error", "cut_body", "expired_token", "denied"),
            *("torn", "truncated_file", "unreadable_manifest", "duplicate_manifest"),
        }
    )
    currencies: int = 3
    shows_empty: bool = True
    manifests: dict[str, str] = field(default_factory=dict)  # newest by period
    contents: dict[str, bytes] = field(default_factory=dict)  # what lies in the bucket, by name
    kept: dict[str, bytes | None] = field(default_factory=dict)  # what a fault changed

    @property
    def connection(self) -> GcpBillingFiles:
        """The connection to the bucket."""
        return GcpBillingFiles(
            name="gcp-files",
            project="billing-project",
            billing_account=ACCOUNT,
            bucket=str(self.bucket.name),
            prefix="export",
            credentials="env:TEST_GCP",
            endpoints={"storage": self.proxy.url},
            invoices=str(self.invoices) if self.invoices.exists() else None,
        )

    def open(self) -> Collector:
        """A new collector."""
        return open_collector(self.connection, environ=ENVIRON, sleep=self.pauses.append)

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """One file or two and, last, their manifest; the run before stays or goes."""
        self.mend()
        before = self.manifests.get(period)
        stale = [name for name in self.contents if before and name.startswith(before.rpartition("/")[0] + "/")]
        folder = f"export/{period}/{run}"
        native = [native_row(period, each, self.now()) for each in rows]
        files = []
        for number, some in enumerate(
            (native[::2], native[1::2]) if len(native) >= self.rows_of_two_files else (native,)
        ):
            path = write_native(self.folder / "part.parquet", some)
            files.append(self._put_data(f"{folder}/part-{number}.parquet", path.read_bytes(), len(some)))
        self._put_manifest(f"{folder}/manifest.json", {"run_id": run, "row_count": len(rows), "files": files})
        self.manifests[period] = f"{folder}/manifest.json"
        if not create_new:
            for name in stale:
                if not name.startswith(folder + "/"):
                    self._remove(name)

    def deliver_empty(self, period: str, *, run: str) -> None:
        """A manifest that says that the month has no row."""
        self.mend()
        name = f"export/{period}/{run}/manifest.json"
        self._put_manifest(name, {"run_id": run, "row_count": 0, "files": []})
        self.manifests[period] = name

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Make the fault stand until ``mend``."""
        manifest = self.manifests[period]
        folder = manifest.rpartition("/")[0]
        data = next((name for name in self.contents if name.startswith(folder) and name != manifest), manifest)
        match fault:
            case "torn":
                self._keep(data)
                self._put(data, self.contents[data] + b"\n")
            case "truncated_file":
                self._keep(data)
                self._keep(manifest)
                half = self.contents[data][: len(self.contents[data]) // 2]
                document = json.loads(self.contents[manifest])
                document["files"] = [self._put_data(data, half, None)]
                self._put_manifest(manifest, document)
            case "unreadable_manifest":
                self._keep(manifest)
                outside = {"name": "../../x.parquet", "generation": 1, "bytes": 1}
                wrong = [b"not json", b"[]", json.dumps({"run_id": "r", "row_count": 1, "files": [outside]}).encode()]
                self._put(manifest, wrong[variant % len(wrong)])
            case "duplicate_manifest":
                twin = [f"export/BILLING_PERIOD={period}/RUN/Manifest.json", f"{folder}/manifest_000000000000.json"]
                self._keep(twin[variant % 2])
                self._put(twin[variant % 2], self.contents[manifest])
                self._put(manifest, self.contents[manifest])
            case _:
                self.break_http(fault, variant, calls="GET", body="alt=media")

    def mend(self) -> None:
        """Put back what the faults changed; the manifests come last, with the generations of now."""
        self.proxy.reset()
        generations: dict[str, int] = {}
        for name, content in self.kept.items():
            if content is None:
                self._remove(name)
            elif not name.endswith(".json"):
                generations[name] = self._put(name, content)
        kept = {name: content for name, content in self.kept.items() if content is not None and name.endswith(".json")}
        if generations:
            folder = next(iter(generations)).rpartition("/")[0]
            kept.setdefault(f"{folder}/manifest.json", self.contents[f"{folder}/manifest.json"])
        self.kept.clear()
        for name, content in kept.items():
            document = json.loads(content)
            for file in document["files"]:
                whole = f"{name.rpartition('/')[0]}/{file['name']}"
                file["generation"] = generations.get(whole, file["generation"])
            self._put_manifest(name, document)

    def _put_data(self, name: str, content: bytes, rows: int | None) -> dict[str, Any]:
        generation = self._put(name, content)
        listed = {"name": name.rpartition("/")[2], "generation": generation, "bytes": len(content)}
        return listed if rows is None else listed | {"rows": rows}

    def _put_manifest(self, name: str, document: Mapping[str, Any]) -> None:
        self._put(name, json.dumps(document).encode())

    def _put(self, name: str, content: bytes) -> int:
        blob = self.bucket.blob(name)
        blob.upload_from_string(content)
        self.contents[name] = content
        return int(blob.generation or 0)

    def _remove(self, name: str) -> None:
        self.bucket.blob(name).delete()
        del self.contents[name]

    def _keep(self, name: str) -> None:
        self.kept.setdefault(name, self.contents.get(name))


@contextmanager
def gcs_files_vendor(peer: GcsPeer, folder: Path) -> Iterator[GcsFilesVendor]:
    """A vendor with a bucket of its own behind a proxy of its own."""
    client = peer.client()
    bucket = client.create_bucket(f"bills-{uuid.uuid4().hex[:12]}")
    with FaultProxy(peer.endpoint_url) as proxy:
        yield GcsFilesVendor(folder=folder, proxy=proxy, bucket=bucket)


@dataclass(slots=True, kw_only=True)
class BigQueryVendor(_GcpVendor):
    """Implements ``tests.collect.vendor.Vendor`` on a table of its own."""

    client: bq.Client
    dataset: str
    name: str = "gcp_table"
    faults: frozenset[Fault] = frozenset(
        {"throttled", "server_error", "cut_body", "expired_token", "denied", "clock_skew"}
    )
    currencies: int = 3
    shows_empty: bool = False
    table: str = f"gcp_billing_export_resource_v1_{ACCOUNT.replace('-', '_')}"

    @property
    def table_id(self) -> str:
        """The table's full name."""
        return f"{self.client.project}.{self.dataset}.{self.table}"

    @property
    def connection(self) -> GcpDetailedTable:
        """The connection to the table."""
        return GcpDetailedTable(
            name="gcp-table",
            project=self.client.project,
            billing_account=ACCOUNT,
            dataset=self.dataset,
            table=self.table,
            credentials="env:TEST_GCP",
            endpoints={"bigquery": self.proxy.url},
            invoices=str(self.invoices) if self.invoices.exists() else None,
        )

    def open(self) -> Collector:
        """A new collector."""
        return open_collector(self.connection, environ=ENVIRON, sleep=self.pauses.append)

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """The month's rows as if it had never had others; that a real export only appends is tested apart."""
        self.mend()
        for name in sorted({name for row in rows for name in row.extra or {}}):
            self.add_column(name)
        month = period.replace("-", "")
        self.client.query(f"DELETE FROM `{self.table_id}` WHERE invoice.month = '{month}'").result()
        exported_at = self.now()
        self.append([native_row(period, each, exported_at) for each in rows])

    def add_column(self, name: str) -> None:
        """A column more; the emulator must be told twice, once for the rows and once for the description."""
        self.client.query(f"ALTER TABLE `{self.table_id}` ADD COLUMN {name} STRING").result()
        table = self.client.get_table(self.table_id)
        table.schema = [*table.schema, bq.SchemaField(name, "STRING")]
        self.client.update_table(table, ["schema"])

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows as the export appends them."""
        cells = [json.loads(json.dumps(row, default=_cell)) for row in rows]
        errors = self.client.insert_rows_json(self.table_id, cells, retry=None)
        if errors:
            raise AssertionError(errors)

    def deliver_empty(self, period: str, *, run: str) -> None:
        """Never called: ``shows_empty`` is False."""
        raise NotImplementedError("BigQuery cannot say that a month is empty")

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Make the fault stand until ``mend``."""
        if fault == "clock_skew":
            self.skew = timedelta(hours=1)
            self.client.query(
                f"UPDATE `{self.table_id}` SET export_time = TIMESTAMP_ADD(export_time, INTERVAL 1 HOUR) "
                f"WHERE invoice.month = '{period.replace('-', '')}'"
            ).result()
            return
        self.break_http(fault, variant, calls="/bigquery/", body="/bigquery/")

    def mend(self) -> None:
        """End the faults."""
        self.proxy.reset()
        self.skew = timedelta(0)


def bigquery_schema(schema: pa.Schema = DETAILED_SCHEMA) -> list[bq.SchemaField]:
    """The schema in BigQuery's words; amounts that Google exports as FLOAT are FLOAT here."""
    return [_field(each, floats=("cost", "credits")) for each in schema]


def _field(each: Any, *, floats: tuple[str, ...] = ()) -> bq.SchemaField:
    kind, mode = each.type, "NULLABLE"
    if pa.types.is_list(kind):
        kind, mode = kind.value_type, "REPEATED"
    if pa.types.is_struct(kind):
        inner = [_field(one, floats=("amount",) if each.name in floats else ()) for one in kind]
        return bq.SchemaField(each.name, "RECORD", mode=mode, fields=inner)
    name = "FLOAT" if each.name in floats or pa.types.is_floating(kind) else _KINDS[str(kind)]
    return bq.SchemaField(each.name, name, mode=mode)


_KINDS: Final = {
    "string": "STRING",
    "bool": "BOOLEAN",
    "timestamp[us, tz=UTC]": "TIMESTAMP",
    "decimal128(38, 9)": "NUMERIC",
}


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def bigquery_vendor(peer: BigQueryPeer, folder: Path) -> Iterator[BigQueryVendor]:
    """A vendor with a dataset of its own behind a proxy of its own."""
    client = peer.client()
    dataset = f"billing_{uuid.uuid4().hex[:12]}"
    client.create_dataset(dataset)
    with FaultProxy(peer.endpoint_url) as proxy:
        vendor = BigQueryVendor(folder=folder, proxy=proxy, client=client, dataset=dataset)
        table = bq.Table(vendor.table_id, schema=bigquery_schema())
        table.time_partitioning = bq.TimePartitioning(type_="DAY")
        client.create_table(table)
        yield vendor
        client.delete_dataset(dataset, delete_contents=True, not_found_ok=True)


def ndjson(rows: Sequence[Mapping[str, Any]]) -> io.BytesIO:
    """Rows as newline-delimited JSON."""
    return io.BytesIO("\n".join(json.dumps(row, default=_cell) for row in rows).encode())
