"""An ingest killed at any moment leaves the state before it or the state after it, never a part."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.focus import ingest_files
from collectors.store import EngineLimits, IngestStore
from tests.focus.bills import NOW, row, write_bill

KILLS = 12
ROWS = 1500
LIMITS = EngineLimits(memory_mb=300, threads=1)
VICTIM = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from collectors.focus import ingest_files
from collectors.store import EngineLimits, IngestStore
store = IngestStore.open(Path(sys.argv[1]), limits=EngineLimits(memory_mb=300, threads=1))
print("start", flush=True)
ingest_files(store, [Path(path) for path in sys.argv[2:]], ingested_at=datetime(2025, 3, 5, tzinfo=UTC))
print("done", flush=True)
"""


def start_ingest(folder: Path, paths: list[Path]) -> subprocess.Popen[bytes]:
    """A process that ingests; returns when it has opened the store and is about to begin."""
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(folder), *map(str, paths)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"start\n"
    return victim


def two_months(folder: Path, name: str, cost: str) -> list[Path]:
    february = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}
    rows = [row(BilledCost=cost, ResourceId=f"{name}-{n}", **(february if n % 2 else {})) for n in range(ROWS)]
    return [
        write_bill(folder / f"{name}-1.csv", rows[: ROWS // 2]),
        write_bill(folder / f"{name}-2.parquet", [*rows[ROWS // 2 :], row(BilledCost="?")]),
    ]


@pytest.mark.slow
def test_a_killed_ingest_leaves_the_state_before_or_after_it(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    before = two_months(tmp_path, "old", "1")
    after = two_months(tmp_path, "new", "2")
    ingest_files(IngestStore.open(folder, limits=LIMITS), before, ingested_at=NOW)

    started = time.perf_counter()
    whole = start_ingest(tmp_path / "other", before)
    begun = time.perf_counter()
    assert whole.wait() == 0
    seconds = time.perf_counter() - begun
    assert begun - started > 0

    moments = random.Random(20250304)
    seen: set[tuple[int, Decimal]] = set()
    died = 0
    for kill in range(KILLS):
        victim = start_ingest(folder, after)
        time.sleep(seconds * 0.95 * (kill + moments.random()) / KILLS)
        os.kill(victim.pid, signal.SIGKILL)
        died += victim.wait() == -signal.SIGKILL
        assert victim.stdout is not None
        victim.stdout.close()
        store = IngestStore.open(folder, limits=LIMITS)
        with store.connect() as connection:
            ((rows, cost),) = connection.execute("SELECT count(*), sum(BilledCost) FROM cost_and_usage").fetchall()
            ((months,),) = connection.execute("SELECT count(DISTINCT billing_period) FROM cost_and_usage").fetchall()
            ((rejects,),) = connection.execute("SELECT count(*) FROM rejects").fetchall()
        assert (rows, months, rejects) == (ROWS, 2, 1)
        assert cost in (ROWS, 2 * ROWS)
        assert rows == sum(version.rows for version in store.periods())
        seen.add((rows, cost))
    assert died >= KILLS - 4, "the moments were too late to kill anything"
    assert (ROWS, Decimal(ROWS)) in seen

    store = IngestStore.open(folder, limits=LIMITS)
    ingest_files(store, after, ingested_at=NOW)
    with store.connect() as connection:
        assert connection.execute("SELECT sum(BilledCost) FROM cost_and_usage").fetchall() == [(Decimal(2 * ROWS),)]
    assert list((folder / "staging").glob("writer-*")) == []
    whole.stdout.close()  # type: ignore[union-attr]
