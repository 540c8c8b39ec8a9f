"""``placement solve``: the optimizer alone, on the published problem format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.failures import ANSWER_IS_NO


def solve(
    problem: Annotated[Path, typer.Argument(help="A problem: a JSON file or a folder of Parquet tables.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the plan (JSON).")],
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds to try.")] = 60.0,
    gap: Annotated[float, typer.Option(min=0.0, max=0.999, help="Stop at this proved gap (ratio).")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same plan.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Find the cheapest plan of a problem and prove how close to optimal it is."""
    from api.cli.progress import show_progress
    from api.memory import peak_mb
    from api.problem_files import read_problem, why_not_writable, write_json
    from optimizer.exchange.documents import plan_to_document
    from optimizer.plan import Solved
    from optimizer.solve import Limits
    from optimizer.solve import solve as solve_problem

    reason = why_not_writable(output)
    if reason is not None:
        raise typer.BadParameter(reason, param_hint="--output")
    stated = read_problem(problem)
    outcome = solve_problem(
        stated,
        limits=Limits(time_limit_seconds=time_limit, gap_ratio=gap),
        seed=seed,
        on_progress=None if quiet else show_progress,
    )
    document = plan_to_document(stated, outcome, peak_mb=peak_mb())
    write_json(document, output)
    facts = f"{document['solver']['seconds']} s, {document['solver']['method']}"
    if isinstance(outcome, Solved):
        typer.echo(
            f"solved: {document['objective']} {stated.currency} a month, lower bound {document.get('lower_bound')}, "
            f"gap {outcome.gap_ratio:.2e} ({facts}) -> {output}"
        )
        return
    if document["status"] == "infeasible":
        typer.echo(f"infeasible: these cannot hold together: {', '.join(document['conflict'])} ({facts}) -> {output}")
    else:
        typer.echo(f"not solved within the limits ({facts}) -> {output}")
    raise typer.Exit(ANSWER_IS_NO)
