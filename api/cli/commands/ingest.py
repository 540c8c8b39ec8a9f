"""``placement ingest``: FOCUS files and the inventory into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, money_by_currency, settings_for, show_table


def ingest(
    paths: Annotated[list[Path] | None, typer.Argument(help="FOCUS 1.0-1.4 files: CSV, CSV.GZ or Parquet.")] = None,
    inventory: Annotated[
        Path | None, typer.Option(help="A folder with workloads, datasets, lineage ... (README, Your own bills).")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Name of the export, when the files do not say it.")] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Store bills, and the inventory that ties them to workloads and datasets. Doing it twice changes nothing."""
    from api.inventory_folder import adopt_inventory
    from collectors.focus import ingest_files
    from collectors.store import IngestStore

    if not paths and inventory is None:
        raise typer.BadParameter("name at least one FOCUS file or an --inventory folder")
    settings = settings_for(data_directory)
    adopted = None if inventory is None else adopt_inventory(inventory, settings.data_directory)
    if not paths:
        typer.echo(f"inventory: {adopted}")
        return
    store = IngestStore.open(settings.store_folder)
    report = ingest_files(store, paths, source=source, ingested_at=datetime.now(UTC))
    if as_json:
        echo_json({"ingest": report, "inventory": adopted})
        return
    show_table(
        "Billing periods",
        ("source", "period", "version", "rows", "rejected", "billed", "effective", "state"),
        [
            (
                version.source,
                version.period,
                version.version,
                f"{version.rows:,}",
                version.rejected_rows,
                money_by_currency(version.billed_cost),
                money_by_currency(version.effective_cost),
                "unchanged" if version.unchanged else "new",
            )
            for version in report.versions
        ],
        right=("version", "rows", "rejected"),
    )
    if report.oddities:
        show_table(
            "Oddities (stored, reported, never silently changed)",
            ("code", "column", "rows", "cost"),
            [
                (oddity.code, oddity.column, f"{oddity.rows:,}", money_by_currency(oddity.cost_affected))
                for oddity in report.oddities
            ],
            right=("rows",),
        )
    if report.rejections:
        show_table(
            "Rejected rows (kept aside, in no figure)",
            ("reason", "rows", "cost", "for instance"),
            [
                (
                    rejection.meaning,
                    f"{rejection.rows:,}",
                    money_by_currency(rejection.cost),
                    ", ".join(rejection.examples),
                )
                for rejection in report.rejections
            ],
            right=("rows",),
        )
    for before in report.replaced:
        typer.echo(
            f"replaced: {before.source} {before.period} {before.version} had {before.rows:,} rows, "
            f"billed {money_by_currency(before.billed_cost)}; it stays in the history"
        )
    if not report.versions:
        typer.echo("nothing stored: the files hold no rows")
    if adopted is not None:
        typer.echo(f"inventory: {adopted}")
