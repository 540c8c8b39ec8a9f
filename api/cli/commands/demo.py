"""``placement demo``: the whole line on the bundled reference estate, offline."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from api.cli.common import AsJson, echo_json
from api.cli.failures import ANSWER_IS_NO


def demo(
    data_directory: Annotated[
        Path, typer.Option("--data-dir", help="Where the demo keeps its files; made anew at every call.")
    ] = Path("placement-demo"),
    scale: Annotated[
        float, typer.Option(min=0.05, max=4.0, help="Size of the estate; 1 is about 8.2 M USD a year.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another estate of the same shape.")] = 7,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds that the solver may try.")] = 25.0,
    gap: Annotated[float, typer.Option(min=0.0, max=0.999, help="Stop at this proved gap (ratio).")] = 0.005,
    as_json: AsJson = False,
) -> None:
    """Make five vendors' bills, ingest them, find a plan, prove it, explain it: offline, in about a minute."""
    from api.cli.report import show_report, summary_of
    from api.cli.run_now import run_now
    from api.demo_estate import AS_OF_ON, prepare_demo
    from api.memory import peak_mb
    from api.runs.inline import InlineOrder
    from api.runs.result import SolvedAnswer
    from api.settings import Settings

    began = perf_counter()
    _empty(data_directory)
    settings = Settings(data_directory=data_directory)
    prepared = prepare_demo(settings, seed=seed, scale=scale)
    if not as_json:
        typer.echo(prepared, err=True)
    order = InlineOrder(
        estate="default",
        as_of_on=AS_OF_ON,
        policy_toml=None,
        time_limit_seconds=time_limit,
        gap_ratio=gap,
        seed=seed,
    )
    run_id, result = run_now(order, settings, quiet=as_json)
    seconds = perf_counter() - began
    if as_json:
        echo_json(
            {**summary_of(result), "seconds": round(seconds, 1), "peak_mb": round(peak_mb(), 1), "run_id": run_id}
        )
    else:
        show_report(run_id, result)
        typer.echo(f"{seconds:.0f} s, {peak_mb():,.0f} MB at most; files in {data_directory}")
        typer.echo(f"next: placement serve --data-dir {data_directory}")
        typer.echo(f"      placement what-if without_gcp --data-dir {data_directory} --as-of {AS_OF_ON:%Y-%m-%d}")
    if not isinstance(result.answer, SolvedAnswer):
        sys.exit(ANSWER_IS_NO)


MARKER = ".placement-demo"


def _empty(folder: Path) -> None:
    """Begin from nothing, but only in a folder that an earlier demo made."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise typer.BadParameter(f"{folder} holds something else; name an empty or new folder with --data-dir")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text(f"made by placement demo, first on {date.today():%Y-%m-%d}; safe to delete\n")
