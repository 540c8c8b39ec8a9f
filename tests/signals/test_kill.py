"""A writer of signals killed at any moment leaves the state before it or the state after it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collectors.signals.ingest import ingest_signal_files
from collectors.signals.store import SignalStore
from tests.signals.conftest import SMALL
from tests.signals.samples import NOW, s3_line
from tests.signals.totals import rows_of

KILLS = 10
EVENTS = 3000
VICTIM = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from collectors.signals.ingest import ingest_signal_files
from collectors.signals.store import SignalStore
from collectors.store import EngineLimits
store = SignalStore.open(Path(sys.argv[1]), limits=EngineLimits(memory_mb=300, threads=1))
print("start", flush=True)
ingest_signal_files(store, [Path(path) for path in sys.argv[2:]], source="s3_server_log", received_at=datetime.now(UTC))
"""


def log(folder: Path, name: str, ids: range) -> Path:
    path = folder / name
    lines = [s3_line(request_id=f"R{n}", time=f"{n % 9 + 1:02d}/Sep/2026:01:00:00 +0000", sent="7") for n in ids]
    path.write_text("\n".join([*lines, "not a line"]))
    return path


def start(folder: Path, files: list[Path]) -> subprocess.Popen[bytes]:
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(folder), *map(str, files)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"start\n"
    return victim


def seen(folder: Path) -> tuple[int, int, int]:
    """Requests and bytes that are shown, and rejects that are counted."""
    store = SignalStore.open(folder, limits=SMALL)
    ((requests, moved),) = rows_of(
        store, "SELECT coalesce(sum(requests), 0)::BIGINT, coalesce(sum(bytes), 0)::BIGINT FROM dataset_access"
    )
    return requests, moved, store.delivery_counts().get("s3_server_log", {}).get("rejected", 0)


@pytest.mark.slow
def test_a_killed_writer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    before = log(tmp_path, "old.log", range(EVENTS))
    # Half of the new delivery came before.
    after = [
        log(tmp_path, "new-1.log", range(EVENTS // 2, EVENTS)),
        log(tmp_path, "new-2.log", range(EVENTS, 2 * EVENTS)),
    ]
    ingest_signal_files(SignalStore.open(folder, limits=SMALL), [before], source="s3_server_log", received_at=NOW)
    states = {(EVENTS, 7 * EVENTS, 1), (2 * EVENTS, 14 * EVENTS, 3)}

    whole = start(tmp_path / "other", after)
    begun = time.perf_counter()
    assert whole.wait() == 0
    seconds = time.perf_counter() - begun
    moments = random.Random(20260901)
    found = set()
    died = 0
    for kill in range(KILLS):
        victim = start(folder, after)
        time.sleep(seconds * (kill + moments.random()) / KILLS)
        os.kill(victim.pid, signal.SIGKILL)
        died += victim.wait() == -signal.SIGKILL
        assert victim.stdout is not None
        victim.stdout.close()
        found.add(seen(folder))
        assert found <= states
    assert died >= KILLS // 2, "the moments were too late to kill anything"
    assert (EVENTS, 7 * EVENTS, 1) in found

    ingest_signal_files(SignalStore.open(folder, limits=SMALL), after, source="s3_server_log", received_at=NOW)
    assert seen(folder) == (2 * EVENTS, 14 * EVENTS, 3)
    assert list((folder / "staging").glob("signals-*")) == []
    named = {part.path for kind in ("access", "rejects") for part in SignalStore.open(folder)._ledger.parts(kind)}
    on_disk = {str(path.relative_to(folder)) for path in (folder / "signals").rglob("*.parquet")}
    assert on_disk == named, "a file that no row of the ledger names was left"
    assert whole.stdout is not None
    whole.stdout.close()
