"""``placement periods``: every billing month in the store, whether it is closed, and whether it adds up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.common import (
    AsJson,
    DataDirectory,
    echo_json,
    money_by_currency,
    settings_for,
    show_kept_aside,
    show_table,
)

if TYPE_CHECKING:
    from collectors.commit import PeriodStanding
    from collectors.connections import Connection
    from collectors.store import IngestStore


def periods(
    leave_out: Annotated[
        str | None,
        typer.Option(
            help="Keep this source for comparison only; for one whose connection is gone. A source as the table shows "
            "it, or the name of a connection."
        ),
    ] = None,
    count_again: Annotated[
        str | None, typer.Option(help="Let this source (or connection) be part of the estate again.")
    ] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Show the stored billing months: state, totals, what was checked, and why recommendations are withheld.

    Exit codes: 0 they are shown, whether or not a month is withheld; 2 bad input; 3 the store failed.
    """
    from api.clock import utc_now
    from collectors.commit import period_standings, rows_kept_aside
    from collectors.store import IngestStore

    settings = settings_for(data_directory)
    if not settings.store_folder.is_dir():
        raise typer.BadParameter(
            f"{settings.data_directory} holds no bills; correct --data-dir, or bring some there with "
            "`placement collect` or `placement ingest FILE...`"
        )
    store = IngestStore.open(settings.store_folder)
    for named, counts in ((leave_out, False), (count_again, True)):
        if named is not None:
            _let_count(store, settings.data_directory, named, counts=counts)
    standings = period_standings(store, now=utc_now())
    if as_json:
        echo_json(standings)
        return
    _show(standings)
    show_kept_aside(rows_kept_aside(store))
    _tell(standings)


def _tell(standings: tuple[PeriodStanding, ...]) -> None:
    """Why months are withheld, an overlap once for both of its sources, and what closed the others."""
    for why, period in dict.fromkeys((each.withheld, each.version.period) for each in standings if each.withheld):
        typer.echo(f"withheld: {why}; no recommendation rests on {period}")
    for each in standings:
        if each.evidence:
            word = "closed by" if each.state == "closed" else "was closed by"
            since = "" if each.state == "closed" else ", and differs since"
            typer.echo(f"{each.version.source} {each.version.period} {word} {each.evidence}{since}")


def _show(standings: tuple[PeriodStanding, ...]) -> None:
    show_table(
        "Billing periods",
        ("source", "period", "state", "rows", "kept aside", "billed", "own total", "counts"),
        [
            (
                each.version.source,
                each.version.period,
                each.state,
                f"{each.version.rows:,}",
                each.version.rejected_rows,
                money_by_currency(each.version.billed_cost),
                each.independent_outcome,
                "yes" if each.counts else "no",
            )
            for each in standings
        ],
        right=("rows", "kept aside"),
    )


def _let_count(store: IngestStore, data_directory: Path, named: str, *, counts: bool) -> None:
    """Change whether a source counts; a connection that still writes to it says so again at its next collection."""
    from api.collecting import CONNECTIONS_FILE
    from collectors.connections import read_connections
    from collectors.store.checks import SourceSetting

    file = data_directory / CONNECTIONS_FILE
    connections = read_connections(file) if file.is_file() else ()
    source = next((each.source for each in connections if each.name == named), named)
    known = sorted({version.source for version in store.periods()})
    if source not in known:
        raise typer.BadParameter(f"the store has no source {source!r}; it has {', '.join(known) or 'none'}")
    unset = SourceSetting(source=source, provider=source.partition(":")[0], counts=True, billed_through="")
    setting = next((each for each in store.settings() if each.source == source), unset)
    store.keep_setting(replace(setting, counts=counts))
    writing = next((each for each in connections if each.source == source), None)
    if writing is not None and writing.counts != counts:
        typer.echo(_until_collected(writing, file, counts=counts), err=True)


def _until_collected(connection: Connection, file: Path, *, counts: bool) -> str:
    says, wanted = (str(each).lower() for each in (connection.counts, counts))
    return (
        f"this holds until the next collection: connection {connection.name} says `counts = {says}`; write `counts = "
        f"{wanted}` into its table in {file} as well"
    )
