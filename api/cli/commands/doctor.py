"""``placement doctor``: what is missing on this machine, and what to do about it."""

from __future__ import annotations

import os
import sys

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, settings_for, show_table
from api.cli.failures import ANSWER_IS_NO, BAD_INPUT, DONE, PROVIDER_FAILED


def doctor(data_directory: DataDirectory = None, as_json: AsJson = False) -> None:
    """Check interpreter, solver, price book, store, inventory, database, and every permission of the connections.

    Exit codes: 0 nothing is broken; 1 this installation is; 2 a file that you wrote is (connections.toml, inventory);
    3 a provider cannot be reached or refuses, or the store cannot be read. Where several are true, 2 goes before 3.
    """
    from api.doctor import examine

    findings = examine(settings_for(data_directory), environ=os.environ)
    if as_json:
        echo_json(findings)
    else:
        show_table("Checks", ("check", "state", "detail"), [(f.check, f.state, f.detail) for f in findings])
        for check, remedy in dict.fromkeys((finding.check, finding.remedy) for finding in findings if finding.remedy):
            typer.echo(f"\n{check}: the smallest grant that fixes it\n{remedy}")
    codes = {finding.exit_code for finding in findings} - {DONE}
    if codes:
        typer.echo("Something needed does not work; see above.", err=True)
        sys.exit(next(code for code in (BAD_INPUT, PROVIDER_FAILED, ANSWER_IS_NO) if code in codes))
