"""``placement verify``: the independent checker on the published formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.failures import ANSWER_IS_NO


def verify(
    problem: Annotated[Path, typer.Argument(help="A problem: a JSON file or a folder of Parquet tables.")],
    plan: Annotated[Path, typer.Argument(help="A plan (JSON).")],
) -> None:
    """Check that a plan keeps every rule and that what it says it costs is right to a micro-dollar."""
    from api.problem_files import read_plan_document, read_problem
    from optimizer.exchange.check import check_plan_document

    stated = read_problem(problem)
    faults = check_plan_document(stated, read_plan_document(plan))
    if not faults:
        typer.echo("verified: every rule holds and the costs are right")
        return
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"refuted: {len(faults)} fault{'s' if len(faults) > 1 else ''}")
    raise typer.Exit(ANSWER_IS_NO)
