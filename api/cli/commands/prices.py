"""``placement prices``: what the price book covers, what it lacks, and building it from source tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.common import AsJson, echo_json, show_table

app = typer.Typer(help="Coverage of the price book, and its build.", invoke_without_command=True)


@app.callback()
def coverage(
    context: typer.Context,
    service: Annotated[str | None, typer.Option(help="Only this service, place by place.")] = None,
    place: Annotated[str | None, typer.Option(help="Only this place, for instance aws:us-east-1.")] = None,
    as_json: AsJson = False,
) -> None:
    """Coverage by service and region, with what is missing."""
    if context.invoked_subcommand is not None:
        return
    from collectors.pricing import load_price_book, price_coverage

    found = price_coverage(load_price_book())
    rows = [
        row
        for row in found.to_rows()
        if (service is None or row["service"] == service) and (place is None or row["place_id"] == place)
    ]
    if as_json:
        echo_json({"snapshot_id": found.snapshot_id, "coverage": rows})
    elif service is None and place is None:
        summary = found.by_service()
        show_table(f"Price book {found.snapshot_id}", list(summary[0]), [list(row.values()) for row in summary])
    elif rows:
        show_table(f"Price book {found.snapshot_id}", list(rows[0]), [list(row.values()) for row in rows])
    else:
        raise typer.BadParameter("the book knows no such service or place; `placement prices` lists the services")


@app.command("build")
def build(
    source: Annotated[Path, typer.Argument(help="Folder with the source tables.")],
    output: Annotated[Path, typer.Argument(help="Folder for the book.")],
) -> None:
    """Build the book from source tables; what cannot be used is counted with its reason."""
    from collectors.pricing.build import main as build_book

    raise typer.Exit(build_book(["--source", str(source), "--out", str(output)]))
