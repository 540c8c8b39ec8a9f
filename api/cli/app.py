"""Commands by name, and what becomes of their errors: exit codes 0 done, 1 the answer is no, 2 bad input, 3 a provider
or store failed."""

from __future__ import annotations

import sys

import typer

from api.cli.commands import (
    collect,
    demo,
    doctor,
    explain,
    export,
    ingest,
    optimize,
    prices,
    schedule,
    serve,
    solve,
    verify,
    what_if,
)
from api.cli.failures import exit_code_of, say_failure

app = typer.Typer(
    name="placement",
    help="Decide where every workload and dataset should live, with a proof of how close to optimal the answer is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("ingest")(ingest.ingest)
app.command("collect")(collect.collect)
app.command("optimize")(optimize.optimize)
app.command("explain")(explain.explain)
app.command("solve")(solve.solve)
app.command("verify")(verify.verify)
app.command("what-if")(what_if.what_if)
app.command("serve")(serve.serve)
app.command("schedule")(schedule.schedule)
app.command("export")(export.export)
app.command("doctor")(doctor.doctor)
app.add_typer(prices.app, name="prices")


def main() -> None:
    """Run a command; known errors become one sentence and an exit code, unknown ones keep their traceback."""
    try:
        app()
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        say_failure(error)
        sys.exit(code)
