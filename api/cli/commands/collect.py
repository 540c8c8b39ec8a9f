"""``placement collect``: pull bills and what goes with them from the configured connections."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, settings_for, show_kept_aside, show_table
from api.cli.failures import ANSWER_IS_NO, PROVIDER_FAILED
from api.cli.progress import progress_on_terminal

if TYPE_CHECKING:
    from api.collecting import Collection


def collect(
    connection: Annotated[str | None, typer.Argument(help="Only this connection; default: all of them.")] = None,
    months: Annotated[
        int, typer.Option(min=1, max=360, help="Months of bills to look at, the current one among them.")
    ] = 3,
    ask_totals: Annotated[
        bool,
        typer.Option(
            "--ask-totals",
            help="Ask for every month's total now: those of closed months, and those that cost money (Cost Explorer) "
            "although they were asked for within six hours.",
        ),
    ] = False,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Pull what the providers delivered since last time; one connection's failure does not stop the others.

    Exit codes: 0 all of it was collected; 1 it was, but a month that is over does not add up or stands there twice, so
    no recommendation rests on it; 2 bad input; 3 a provider or the store failed (whatever else holds).
    """
    from api.clock import utc_now
    from api.collecting import CollectOrder, collect_connections

    collection = collect_connections(
        settings_for(data_directory).data_directory,
        now=utc_now(),
        environ=os.environ,
        order=CollectOrder(only=connection, months=months, ask_totals=ask_totals),
        progress=progress_on_terminal(),
    )
    if as_json:
        echo_json(collection)
    else:
        _show(collection)
    if collection.failures or any(each.fault for each in collection.replayed):
        sys.exit(PROVIDER_FAILED)
    if any(each.is_over for each in collection.withheld):
        sys.exit(ANSWER_IS_NO)


def _show(collection: Collection) -> None:
    show_table(
        "Connections",
        ("connection", "state", "bill rows", "months", "own total", "read besides"),
        [
            (
                each.name,
                each.state,
                f"{each.rows:,}",
                ", ".join(f"{period} {word}" for period, word in each.periods.items()),
                ", ".join(f"{check.period} {check.outcome}" for check in each.checks) or "-",
                ", ".join(f"{name} {rows:,}" for name, rows in (each.readings or {}).items()) or "-",
            )
            for each in collection.connections
        ],
        right=("bill rows",),
    )
    show_kept_aside(collection.kept_aside)
    for month in collection.withheld:
        typer.echo(f"withheld: {month.why}; no recommendation rests on this month until then")
    for period in collection.replayed:
        outcome = period.fault or "normalised again from its raw files"
        typer.echo(f"{period.source} {period.period}: {outcome}")
    for remark in collection.remarks:
        typer.echo(f"note: {remark}")
    for failure in collection.failures:
        typer.echo(f"failed: {failure}", err=True)
