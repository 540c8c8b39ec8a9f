"""``placement collect``: pull bills from the configured connections."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, settings_for, show_table
from api.cli.failures import PROVIDER_FAILED


def collect(
    connection: Annotated[str | None, typer.Argument(help="Only this connection; default: all of them.")] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Pull what the providers delivered since last time; one connection's failure does not stop the others."""
    from api.clock import utc_now
    from api.collecting import collect_connections

    collected = collect_connections(settings_for(data_directory).data_directory, only=connection, now=utc_now())
    if as_json:
        echo_json(collected)
    else:
        show_table(
            "Connections",
            ("connection", "state", "rows", "detail"),
            [(each.name, each.state, f"{each.rows:,}", each.detail) for each in collected],
            right=("rows",),
        )
    if any(each.state == "failed" for each in collected):
        sys.exit(PROVIDER_FAILED)
