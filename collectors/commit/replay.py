"""Bills that an older normaliser stored, normalised again from their raw files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from collectors.errors import CollectorError, StoreError
from collectors.focus.dialect import Dialect
from collectors.focus.ingest import replay_delivery
from collectors.focus.normalise import normaliser_of
from collectors.focus.report import IngestReport
from collectors.store.checks import DeliveryCall
from collectors.store.store import IngestStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedPeriod:
    """A period that an older normaliser stored: a ``report`` of its replay, or the ``fault`` that kept it as it is."""

    source: str
    period: str
    report: IngestReport | None = None
    fault: str = ""


def replay_outdated(
    store: IngestStore,
    dialects: Mapping[str, Dialect],
    *,
    now: datetime,
    progress: Callable[[str], None] | None = None,
) -> tuple[ReplayedPeriod, ...]:
    """Normalise again whatever another version than today's stored; a delivery at a time, each all or nothing.

    Raises:
        StoreError: the store cannot be written.
    """
    calls = store.calls()
    done: dict[str, tuple[IngestReport | None, str]] = {}
    replayed: list[ReplayedPeriod] = []
    for version in store.periods():
        dialect = dialects.get(version.contents.dialect)
        if dialect is not None and version.contents.normaliser == normaliser_of(dialect):
            continue
        call = calls.get((version.source, version.period))
        if dialect is None or call is None:
            why = "no such billing format any more" if dialect is None else "how it came in was not written down then"
            report, fault = None, f"{why}; collect or ingest it again"
        else:
            if call.fingerprint not in done:
                only = frozenset(key for key, other in calls.items() if other.fingerprint == call.fingerprint)
                done[call.fingerprint] = _replay(store, call, dialect, only, now, progress)
            report, fault = done[call.fingerprint]
        replayed.append(ReplayedPeriod(source=version.source, period=version.period, report=report, fault=fault))
    return tuple(replayed)


def _replay(
    store: IngestStore,
    call: DeliveryCall,
    dialect: Dialect,
    only: frozenset[tuple[str, str]],
    now: datetime,
    progress: Callable[[str], None] | None,
) -> tuple[IngestReport | None, str]:
    try:
        return replay_delivery(store, call, dialect, only=only, ingested_at=now, progress=progress), ""
    except StoreError:
        raise
    except CollectorError as error:
        return None, str(error)
