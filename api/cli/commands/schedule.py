"""``placement schedule``: queues the nightly run, and works on it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import DataDirectory, settings_for


def schedule(
    work: Annotated[bool, typer.Option(help="Also work on runs here; off when `placement serve` does.")] = True,
    data_directory: DataDirectory = None,
) -> None:
    """Collect and optimise every night, once a night whatever happens."""
    from api.collecting import collect_before_run
    from api.database.engine import Database
    from api.database.migrate import upgrade_database
    from api.jobs.main import run_scheduler
    from api.jobs.supervisor import WorkerSupervisor
    from api.pipeline import run_pipeline

    settings = settings_for(data_directory)
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    database = Database(settings.resolved_database_url)
    upgrade_database(database)
    database.close()
    typer.echo(f"nightly at {settings.nightly_at:%H:%M} {settings.nightly_timezone}; stop with Ctrl-C")
    supervisor = WorkerSupervisor(settings, pipeline=run_pipeline, collect=collect_before_run) if work else None
    if supervisor is not None:
        supervisor.start()
    try:
        run_scheduler(settings)
    finally:
        if supervisor is not None:
            supervisor.stop()
