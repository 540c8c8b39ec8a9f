"""Commands by name, and what becomes of their errors: exit codes 0 done, 1 the answer is no, 2 bad input, 3 a provider
or store failed."""

from __future__ import annotations

import logging
import sys
from typing import Final

import typer

from api.cli.commands import prices, signals
from api.cli.commands.collect import collect
from api.cli.commands.demo import demo
from api.cli.commands.doctor import doctor
from api.cli.commands.explain import explain
from api.cli.commands.export import export
from api.cli.commands.ingest import ingest
from api.cli.commands.optimize import optimize
from api.cli.commands.periods import periods
from api.cli.commands.schedule import schedule
from api.cli.commands.serve import serve
from api.cli.commands.solve import solve
from api.cli.commands.verify import verify
from api.cli.commands.what_if import what_if
from api.cli.failures import exit_code_of, say_failure

_SDK_LOGGERS: Final = ("azure", "databricks", "google", "snowflake")

app = typer.Typer(
    name="placement",
    help="Decide where every workload and dataset should live, with a proof of how close to optimal the answer is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo)
app.command("ingest")(ingest)
app.command("collect")(collect)
app.command("periods")(periods)
app.command("optimize")(optimize)
app.command("explain")(explain)
app.command("solve")(solve)
app.command("verify")(verify)
app.command("what-if")(what_if)
app.command("serve")(serve)
app.command("schedule")(schedule)
app.command("export")(export)
app.command("doctor")(doctor)
app.add_typer(prices.app, name="prices")
app.add_typer(signals.app, name="signals")


def main() -> None:
    """Run a command; known errors become one sentence and an exit code, unknown ones keep their traceback.

    What the vendors' SDKs log goes to the handlers that somebody configured, never to the screen by itself.
    """
    for name in _SDK_LOGGERS:
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        app()
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        say_failure(error)
        sys.exit(code)
