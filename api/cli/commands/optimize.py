"""``placement optimize``: the whole line on what the store holds."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.common import AsJson, AsOf, DataDirectory, echo_json, policy_text, settings_for
from api.cli.failures import ANSWER_IS_NO


def optimize(
    policy: Annotated[Path | None, typer.Option(help="A policy file (TOML); default: the sample policy.")] = None,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds that the solver may try.")] = 60.0,
    gap: Annotated[float, typer.Option(min=0.0, max=0.999, help="Stop at this proved gap (ratio).")] = 0.005,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same plan.")] = 0,
    as_of: AsOf = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Place everything that the bills and the inventory describe; store the run and its recommendations."""
    from api.cli.report import show_report, summary_of
    from api.cli.run_now import run_now
    from api.runs.inline import InlineOrder
    from api.runs.result import SolvedAnswer

    order = InlineOrder(
        estate="default",
        as_of_on=as_of.date() if as_of is not None else datetime.now(UTC).date(),
        policy_toml=policy_text(policy),
        time_limit_seconds=time_limit,
        gap_ratio=gap,
        seed=seed,
    )
    run_id, result = run_now(order, settings_for(data_directory), quiet=as_json)
    if as_json:
        echo_json({"run_id": run_id, **summary_of(result)})
    else:
        show_report(run_id, result)
    if not isinstance(result.answer, SolvedAnswer):
        sys.exit(ANSWER_IS_NO)
