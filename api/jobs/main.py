"""Entry points of the command line: the server with its workers, the scheduler alone."""

from __future__ import annotations

import signal

import uvicorn

from api.app import create_app
from api.database.engine import Database
from api.database.migrate import upgrade_database
from api.errors import InvalidSettings
from api.jobs.attempt import Collect
from api.jobs.processes import run_scheduler_alone
from api.jobs.supervisor import WorkerSupervisor
from api.runs.result import Pipeline
from api.settings import Settings

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1", "localhost")


def serve(
    settings: Settings,
    *,
    pipeline: Pipeline,
    collect: Collect | None = None,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
) -> None:
    """Serve HTTP in this process and run workers in processes of their own, until SIGINT or SIGTERM.

    ``pipeline`` and ``collect`` are importable functions: workers get them by name.

    Raises:
        DatabaseUnusable: the database cannot be opened or migrated.
        InvalidSettings: other machines could reach it without a key.
    """
    _require_key_beyond_loopback(settings, host)
    database = Database(settings.resolved_database_url)
    upgrade_database(database)
    database.close()
    supervisor = WorkerSupervisor(settings, pipeline=pipeline, collect=collect)
    supervisor.start()
    # uvicorn ends on SIGTERM and then raises it again for whoever was there before: let that not end us before the
    # workers have been told.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        # Access lines would hold query strings; keep them out of the log.
        uvicorn.run(create_app(settings), host=host, port=port, access_log=False, server_header=False)
    finally:
        supervisor.stop()


def _require_key_beyond_loopback(settings: Settings, host: str) -> None:
    if host not in LOOPBACK_ADDRESSES and settings.api_key is None:
        message = f"listening on {host} lets other machines in; set a key, or listen on {DEFAULT_HOST}"
        raise InvalidSettings(message, variable="PLACEMENT_API_KEY")


def run_scheduler(settings: Settings) -> None:
    """Queue the nightly run every night until SIGINT or SIGTERM; workers of any process do it."""
    run_scheduler_alone(settings)
