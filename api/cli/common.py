"""What several commands share: the data directory, tables and JSON on the screen."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from api.settings import Settings
    from collectors.commit import KeptAside

DataDirectory = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Where bills, inventory and results are kept; PLACEMENT_DATA_DIRECTORY or ./placement-data."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day the run stands for (default: today).")
]


def settings_for(data_directory: Path | None) -> Settings:
    """Settings from the environment, with the data directory of the command line in front."""
    from api.settings import settings_from

    environment = dict(os.environ)
    if data_directory is not None:
        environment["PLACEMENT_DATA_DIRECTORY"] = str(data_directory)
    return settings_from(environment)


def echo_json(value: object) -> None:
    """Print a value as indented JSON; decimals as text, dates in ISO form."""
    typer.echo(json.dumps(plain(value), indent=2, allow_nan=False))


def plain(value: object) -> Any:
    """Dataclasses, decimals, dates, paths and tuples as what JSON holds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def show_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """A table on standard output; ``right`` names columns of numbers."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console(width=None if os.isatty(1) else 160, highlight=False).print(table)


def dollars(amount_usd: Decimal | float | int) -> str:
    """Whole dollars with thousands separators."""
    return f"{amount_usd:,.0f}"


def money_by_currency(amounts: Mapping[str, Decimal]) -> str:
    """Amounts with their currencies, two decimals."""
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(amounts.items())) or "0"


def show_kept_aside(kept_aside: Sequence[KeptAside]) -> None:
    """A table of the stored rows that are in no figure, when there are any."""
    if not kept_aside:
        return
    show_table(
        "Rows kept aside (in no figure)",
        ("source", "months", "reason", "rows", "cost", "for instance"),
        [
            (
                each.source,
                ", ".join(each.periods),
                each.meaning,
                f"{each.rows:,}",
                money_by_currency(each.cost),
                ", ".join(each.examples),
            )
            for each in kept_aside
        ],
        right=("rows",),
    )


def policy_text(file: Path | None) -> str | None:
    """Text of a policy file; None for the sample policy.

    Raises:
        BadParameter: the file cannot be read.
    """
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read ({error}); name a policy file (TOML)") from error
