"""Access signals: who read and wrote which dataset, what is stored where, and which times anybody watched."""

from collectors.signals.coverage import Coverage, Window, whole_days
from collectors.signals.ingest import ingest_signal_files
from collectors.signals.kinds import KINDS, SignalKind
from collectors.signals.last_access import Accessed, LastAccess, NotSince, Unknown, last_access
from collectors.signals.readers import ReadOptions
from collectors.signals.records import AccessEvent, AccessReading, DatasetState, Reject, StateReading
from collectors.signals.store import SignalReceipt, SignalStore

__all__ = [
    "KINDS",
    "AccessEvent",
    "AccessReading",
    "Accessed",
    "Coverage",
    "DatasetState",
    "LastAccess",
    "NotSince",
    "ReadOptions",
    "Reject",
    "SignalKind",
    "SignalReceipt",
    "SignalStore",
    "StateReading",
    "Unknown",
    "Window",
    "ingest_signal_files",
    "last_access",
    "whole_days",
]
