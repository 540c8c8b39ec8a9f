"""``placement doctor``: what is missing on this machine, and what to do about it."""

from __future__ import annotations

import os
import sys

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, settings_for, show_table
from api.cli.failures import ANSWER_IS_NO


def doctor(data_directory: DataDirectory = None, as_json: AsJson = False) -> None:
    """Check interpreter, solver, price book, store, inventory, database, and every permission of the connections."""
    from api.doctor import examine

    findings = examine(settings_for(data_directory), environ=os.environ)
    if as_json:
        echo_json(findings)
    else:
        show_table("Checks", ("check", "state", "detail"), [(f.check, f.state, f.detail) for f in findings])
        for finding in findings:
            if finding.remedy:
                typer.echo(f"\n{finding.check}: the smallest grant that fixes it\n{finding.remedy}")
    if any(finding.state == "failed" for finding in findings):
        typer.echo("Something needed does not work; see above.", err=True)
        sys.exit(ANSWER_IS_NO)
