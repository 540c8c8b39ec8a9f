"""FOCUS (FinOps Open Cost and Usage Specification) 1.0 to 1.4: reading any version into the store, and writing any."""

from collectors.focus.findings import Oddity, Rejection
from collectors.focus.ingest import ingest_files, replay_delivery
from collectors.focus.report import IngestReport
from collectors.focus.versions import VERSIONS, columns_of, detect_version
from collectors.focus.write import write_focus
from collectors.store.schema import COLUMNS

__all__ = [
    "COLUMNS",
    "VERSIONS",
    "IngestReport",
    "Oddity",
    "Rejection",
    "columns_of",
    "detect_version",
    "ingest_files",
    "replay_delivery",
    "write_focus",
]
