"""Keeps worker processes running beside the HTTP server: starts them, starts them again, stops them."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from multiprocessing.context import SpawnProcess
from typing import Final

from api.jobs.attempt import Collect
from api.jobs.processes import run_worker_process
from api.runs.result import Pipeline
from api.settings import Settings

_LOG: Final = logging.getLogger(__name__)
CHECK_SECONDS: Final = 0.5
STOP_SECONDS: Final = 10.0


class WorkerSupervisor:
    """``settings.worker_count`` worker processes; one that ends is replaced until ``stop``."""

    def __init__(self, settings: Settings, *, pipeline: Pipeline, collect: Collect | None) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._collect = collect
        self._stopping = threading.Event()
        self._processes: list[SpawnProcess] = []
        self._thread = threading.Thread(target=self._keep, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        """Start the workers."""
        self._processes = [self._spawn() for _ in range(self._settings.worker_count)]
        self._thread.start()

    def stop(self) -> None:
        """Ask the workers to stop (a run in progress goes back to the queue) and end those that do not."""
        self._stopping.set()
        self._thread.join()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(STOP_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()

    def _keep(self) -> None:
        while not self._stopping.wait(CHECK_SECONDS):
            for place, process in enumerate(self._processes):
                if not process.is_alive():
                    _LOG.error(
                        "worker process %s ended with exit code %s; starting another", process.pid, process.exitcode
                    )
                    self._processes[place] = self._spawn()

    def _spawn(self) -> SpawnProcess:
        process = multiprocessing.get_context("spawn").Process(
            target=run_worker_process, args=(self._settings, self._pipeline, self._collect), name="placement-worker"
        )
        process.start()
        return process
