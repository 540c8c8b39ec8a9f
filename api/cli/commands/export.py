"""``placement export``: the recommendations of a run as CSV, XLSX, Parquet or FOCUS-shaped rows; or its problem."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.common import DataDirectory, settings_for


class Kind(StrEnum):
    """What an export looks like."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    FOCUS = "focus"


def export(
    output: Annotated[Path, typer.Argument(help="The file to write.")],
    run: Annotated[str, typer.Option(help="A run id, or 'latest'.")] = "latest",
    kind: Annotated[Kind | None, typer.Option("--format", help="Default: by the file's suffix.")] = None,
    data_directory: DataDirectory = None,
) -> None:
    """Write a run's recommendations for spreadsheets, notebooks and other tools."""
    from api.export import write_export
    from api.stored_runs import read_stored_run

    suffix = output.suffix.removeprefix(".").lower()
    known = [member.value for member in Kind]
    if kind is None and suffix not in known:
        raise typer.BadParameter(f"{output.name} does not say a format; end it in one of {known} or give --format")
    stored = read_stored_run(settings_for(data_directory), run)
    rows = write_export(stored, output, kind=(kind.value if kind is not None else suffix))
    typer.echo(f"{rows} recommendations -> {output}")
