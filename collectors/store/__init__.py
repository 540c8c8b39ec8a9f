"""The ingest store: immutable raw files, FOCUS rows as Parquet by period version, and a ledger of what is current."""

from collectors.store.schema import COLUMNS, Column, Kind, Level
from collectors.store.sql import EngineLimits
from collectors.store.store import IngestStore
from collectors.store.versions import NewVersion, PeriodContents, PeriodVersion
from collectors.store.writer import StoreWriter

__all__ = [
    "COLUMNS",
    "Column",
    "EngineLimits",
    "IngestStore",
    "Kind",
    "Level",
    "NewVersion",
    "PeriodContents",
    "PeriodVersion",
    "StoreWriter",
]
