"""``placement collect``: pull bills and what goes with them from the configured connections."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, money_by_currency, settings_for, show_table
from api.cli.failures import PROVIDER_FAILED
from api.cli.progress import progress_on_terminal

if TYPE_CHECKING:
    from api.collecting import Collection


def collect(
    connection: Annotated[str | None, typer.Argument(help="Only this connection; default: all of them.")] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Pull what the providers delivered since last time; one connection's failure does not stop the others."""
    from api.clock import utc_now
    from api.collecting import collect_connections

    directory = settings_for(data_directory).data_directory
    collection = collect_connections(
        directory, only=connection, now=utc_now(), environ=os.environ, progress=progress_on_terminal()
    )
    if as_json:
        echo_json(collection)
    else:
        _show(collection)
    if collection.failures or any(each.fault for each in collection.replayed):
        sys.exit(PROVIDER_FAILED)


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
                ", ".join(f"{check.period} {check.status.replace('_', ' ')}" for check in each.checks) or "-",
                ", ".join(f"{name} {rows:,}" for name, rows in (each.readings or {}).items()) or "-",
            )
            for each in collection.connections
        ],
        right=("bill rows",),
    )
    for each in collection.connections:
        for check in each.checks:
            if check.status == "mismatch":
                typer.echo(
                    f"does not match: {check.source} {check.period} holds {check.found}, expected {check.expected} "
                    f"({check.detail}); no recommendation rests on this month until it does"
                )
    for overlap in collection.overlaps:
        typer.echo(
            f"counted twice: {money_by_currency(overlap.costs)}: {overlap.meaning}; no recommendation rests on this "
            "month until then"
        )
    for period in collection.replayed:
        outcome = period.fault or "normalised again from its raw files"
        typer.echo(f"{period.source} {period.period}: {outcome}")
    for failure in collection.failures:
        typer.echo(f"failed: {failure}", err=True)
