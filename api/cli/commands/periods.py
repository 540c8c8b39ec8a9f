"""``placement periods``: every billing month in the store, whether it is closed, and whether it adds up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, money_by_currency, settings_for, show_table

if TYPE_CHECKING:
    from collectors.store import IngestStore


def periods(
    leave_out: Annotated[
        str | None, typer.Option(help="Keep this source for comparison only; for one whose connection is gone.")
    ] = None,
    count_again: Annotated[str | None, typer.Option(help="Let this source be part of the estate again.")] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Show the stored billing months: state, totals, what was checked, and why recommendations are withheld."""
    from api.clock import utc_now
    from collectors.commit import period_standings
    from collectors.store import IngestStore

    store = IngestStore.open(settings_for(data_directory).store_folder)
    for source, counts in ((leave_out, False), (count_again, True)):
        if source is not None:
            _let_count(store, source, counts=counts)
    standings = period_standings(store, now=utc_now())
    if as_json:
        echo_json(standings)
        return
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
                each.independent_status.replace("_", " "),
                "yes" if each.counts else "no",
            )
            for each in standings
        ],
        right=("rows", "kept aside"),
    )
    for each in standings:
        if each.withheld:
            typer.echo(f"withheld: {each.withheld}; no recommendation rests on {each.version.period}")
        if each.evidence:
            typer.echo(f"{each.version.source} {each.version.period} closed by {each.evidence}")


def _let_count(store: IngestStore, source: str, *, counts: bool) -> None:
    """Change whether a source counts; a connection that still writes to it says so again at its next collection."""
    from collectors.store.checks import SourceSetting

    known = sorted({version.source for version in store.periods()})
    if source not in known:
        raise typer.BadParameter(f"the store has no source {source!r}; it has {', '.join(known) or 'none'}")
    unset = SourceSetting(source=source, provider=source.partition(":")[0], counts=True, billed_through="")
    setting = next((each for each in store.settings() if each.source == source), unset)
    store.keep_setting(replace(setting, counts=counts))
