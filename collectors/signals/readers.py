"""Which reader reads the files of which kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.signals.access.azure_blob_log import read_azure_blob_log
from collectors.signals.access.bigquery_jobs import read_bigquery_jobs
from collectors.signals.access.cloudtrail import cloudtrail_records, read_cloudtrail
from collectors.signals.access.databricks_lineage import read_databricks_lineage
from collectors.signals.access.gcs_audit_log import read_gcs_audit_log
from collectors.signals.access.openlineage import lineage_events, read_openlineage
from collectors.signals.access.s3_server_log import read_s3_server_log
from collectors.signals.access.snowflake_access import read_snowflake_access
from collectors.signals.cells import decoded, json_rows, lines_of
from collectors.signals.errors import InvalidRecord, UnreadableSignals
from collectors.signals.records import AccessReading, StateReading
from collectors.signals.state.azure_inventory import read_azure_inventory
from collectors.signals.state.bigquery_storage import read_bigquery_storage
from collectors.signals.state.cloudwatch_sizes import read_cloudwatch_sizes
from collectors.signals.state.gcs_inventory import read_gcs_inventory
from collectors.signals.state.s3_inventory import read_s3_inventory, s3_inventory_rows
from collectors.signals.state.snowflake_storage import read_snowflake_storage
from collectors.signals.state.storage_lens import read_storage_lens
from collectors.signals.unpack import unpacked
from collectors.signals.uris import DEFAULT_PREFIX_DEPTH


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What files do not say themselves.

    Attributes:
        prefix_depth: how many folders of an object's key name its dataset.
        region: where the data or the jobs are.
        account: Snowflake's ``organisation-account``, or the Azure storage account of an inventory.
        day_on: the day that an inventory describes.
        file_schema: ``fileSchema`` of the manifest of an S3 inventory in CSV.
    """

    prefix_depth: int = DEFAULT_PREFIX_DEPTH
    region: str | None = None
    account: str | None = None
    day_on: date | None = None
    file_schema: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A delivered file: its name and its bytes, still packed."""

    name: str
    content: bytes

    def text(self) -> str:
        """Its text; bytes that are no UTF-8 are replaced."""
        return unpacked(self.content).decode("utf-8", "replace")

    def suffix(self) -> str:
        """``.csv`` of ``a.csv.gz``."""
        name = PurePath(self.name.lower())
        return PurePath(name.stem).suffix if name.suffix == ".gz" else name.suffix

    def rows(self) -> Iterator[object]:
        """Its rows: a Parquet or CSV file with a header, a JSON array, an object with ``records``, or JSON lines."""
        if self.suffix() == ".parquet":
            for batch in pq.ParquetFile(pa.BufferReader(unpacked(self.content))).iter_batches(16_384):
                yield from batch.to_pylist()
        elif self.suffix() == ".csv":
            yield from csv.DictReader(io.StringIO(self.text()))
        else:
            yield from _json_rows(self.text())


def _json_rows(text: str) -> Iterable[object]:
    try:
        found = decoded(text, "the file")
    except InvalidRecord:
        return json_rows(lines_of(text))
    rows = found.get("records", [found]) if isinstance(found, dict) else found
    return rows if isinstance(rows, list) else [found]


Reader = Callable[[Delivered, ReadOptions], AccessReading | StateReading]


def read_delivered(kind: str, delivered: Delivered, options: ReadOptions) -> AccessReading | StateReading:
    """What a file of a known kind states.

    Raises:
        UnreadableSignals: it is no file of its kind, or an option that the kind needs is not given.
    """
    try:
        return READERS[kind](delivered, options)
    except (InvalidRecord, UnreadableSignals, csv.Error, pa.ArrowException) as fault:
        raise UnreadableSignals(f"{delivered.name}: no {kind} file that can be read: {fault}") from fault


def _s3_inventory(delivered: Delivered, options: ReadOptions) -> StateReading:
    is_csv = delivered.suffix() == ".csv"
    schema = _needed(options.file_schema, "fileSchema of the inventory's manifest") if is_csv else ""
    rows = s3_inventory_rows(io.StringIO(delivered.text()), schema) if is_csv else delivered.rows()
    return read_s3_inventory(
        rows, day_on=_day(options), region=options.region, keys_are_encoded=is_csv, prefix_depth=options.prefix_depth
    )


def _day(options: ReadOptions) -> date:
    if options.day_on is None:
        raise UnreadableSignals(
            "the day that it describes is not given; name it, on the command line by --day YYYY-MM-DD"
        )
    return options.day_on


def _needed(value: str | None, what: str) -> str:
    if not value:
        raise UnreadableSignals(f"the {what} is not given; name it")
    return value


READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "s3_server_log": lambda file, options: read_s3_server_log(
            lines_of(file.text()), prefix_depth=options.prefix_depth
        ),
        "cloudtrail": lambda file, options: read_cloudtrail(
            cloudtrail_records(file.text()), prefix_depth=options.prefix_depth
        ),
        "azure_blob_log": lambda file, options: read_azure_blob_log(file.rows(), prefix_depth=options.prefix_depth),
        "gcs_audit_log": lambda file, options: read_gcs_audit_log(file.rows(), prefix_depth=options.prefix_depth),
        "bigquery_jobs": lambda file, options: read_bigquery_jobs(file.rows(), region=options.region),
        "snowflake_access": lambda file, options: read_snowflake_access(
            file.rows(), account=_needed(options.account, "account"), region=options.region
        ),
        "databricks_lineage": lambda file, options: read_databricks_lineage(file.rows(), region=options.region),
        "openlineage": lambda file, _options: read_openlineage(lineage_events(file.text())),
        "s3_inventory": _s3_inventory,
        "storage_lens": lambda file, _options: read_storage_lens(file.rows()),
        "cloudwatch_sizes": lambda file, _options: read_cloudwatch_sizes(file.rows()),
        "azure_inventory": lambda file, options: read_azure_inventory(
            file.rows(),
            account=_needed(options.account, "account"),
            day_on=_day(options),
            region=options.region,
            prefix_depth=options.prefix_depth,
        ),
        "gcs_inventory": lambda file, options: read_gcs_inventory(
            file.rows(), day_on=_day(options), prefix_depth=options.prefix_depth
        ),
        "bigquery_storage": lambda file, options: read_bigquery_storage(
            file.rows(), day_on=_day(options), region=_needed(options.region, "region")
        ),
        "snowflake_storage": lambda file, options: read_snowflake_storage(
            file.rows(),
            account=_needed(options.account, "account"),
            day_on=_day(options),
            region=options.region,
        ),
    }
)
"""Reader of the files of every kind."""
