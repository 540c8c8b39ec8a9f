"""A run from the command line, with its stages on the screen as they finish."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.runs.inline import InlineOrder
    from api.runs.result import RunResult, StageReport
    from api.settings import Settings


def run_now(order: InlineOrder, settings: Settings, *, quiet: bool) -> tuple[str, RunResult]:
    """Open the database (made when absent), do the run, store it."""
    from api.clock import utc_now
    from api.database.engine import Database
    from api.database.migrate import upgrade_database
    from api.pipeline import run_pipeline
    from api.runs.inline import run_inline

    settings.data_directory.mkdir(parents=True, exist_ok=True)
    database = Database(settings.resolved_database_url)
    try:
        upgrade_database(database)
        return run_inline(
            order,
            database=database,
            settings=settings,
            pipeline=run_pipeline,
            clock=utc_now,
            on_stage=_silent if quiet else show_stage,
        )
    finally:
        database.close()


def show_stage(report: StageReport) -> None:
    """One line on standard error for a finished stage."""
    dropped = f", {report.count_dropped:,} left out" if report.count_dropped else ""
    print(
        f"  {report.name:<9} {report.seconds:6.2f} s  {report.count_in:,} in, {report.count_out:,} out{dropped}",
        file=sys.stderr,
    )
    for failure in report.failures:
        print(f"            failed: {failure}", file=sys.stderr)


def _silent(report: StageReport) -> None:
    """Say nothing: the screen belongs to one JSON object."""
