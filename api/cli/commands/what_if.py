"""``placement what-if``: edits of the planning inputs, planned again and compared with the plan as things are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.common import AsJson, AsOf, DataDirectory, dollars, echo_json, policy_text, settings_for, show_table
from api.cli.failures import ANSWER_IS_NO

SHOWN_NODES = 15


def what_if(
    scenario: Annotated[str, typer.Argument(help="A scenario file (TOML) or a shipped one's name; 'list' lists.")],
    policy: Annotated[Path | None, typer.Option(help="A policy file (TOML); default: the sample policy.")] = None,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds for each of the two plans.")] = 60.0,
    gap: Annotated[float, typer.Option(min=0.0, max=0.999, help="Stop at this proved gap (ratio).")] = 0.005,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same plans.")] = 0,
    as_of: AsOf = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Compare the plan as things are with the plan after a price change, an outage, growth, a lost provider ..."""
    from api.runs.result import RunRequest
    from api.what_if import compare_scenario
    from optimizer.units import usd
    from scenarios.library import scenario_names

    if scenario == "list":
        typer.echo("\n".join(scenario_names()))
        return
    request = RunRequest(
        run_id="what-if",
        estate="default",
        data_directory=settings_for(data_directory).data_directory,
        as_of_on=as_of.date() if as_of is not None else datetime.now(UTC).date(),
        policy_toml=policy_text(policy),
        time_limit_seconds=time_limit,
        gap_ratio=gap,
        seed=seed,
    )
    found = compare_scenario(request, scenario)
    if isinstance(found, str):
        typer.echo(found)
        raise typer.Exit(ANSWER_IS_NO)
    if as_json:
        echo_json(found.to_rows())
        return
    totals = found.totals
    show_table(
        f"{scenario}: USD a month",
        ("", "as things are", "scenario", "difference"),
        [
            _row("today", totals.baseline_today_micro_usd, totals.scenario_today_micro_usd),
            _row("plan", totals.baseline_plan_micro_usd, totals.scenario_plan_micro_usd),
            _row("one-off", totals.baseline_one_off_micro_usd, totals.scenario_one_off_micro_usd),
            *(
                _row(f"  {term.term}", int(term.baseline_plan_micro_usd), int(term.scenario_plan_micro_usd))
                for term in found.terms
            ),
        ],
        right=("as things are", "scenario", "difference"),
    )
    changed = found.changed_nodes()
    show_table(
        f"\nLives elsewhere ({min(SHOWN_NODES, len(changed))} of {len(changed)})",
        ("what", "plan as things are", "plan of the scenario", "difference USD/month"),
        [
            (
                node.node_id,
                node.baseline_placement or "-",
                node.scenario_placement or "-",
                dollars(usd(node.scenario_monthly_micro_usd - node.baseline_monthly_micro_usd)),
            )
            for node in changed[:SHOWN_NODES]
        ],
        right=("difference USD/month",),
    )


def _row(name: str, baseline_micro_usd: int, scenario_micro_usd: int) -> tuple[str, str, str, str]:
    from optimizer.units import usd

    amounts = (baseline_micro_usd, scenario_micro_usd, scenario_micro_usd - baseline_micro_usd)
    return (name, *(dollars(usd(amount)) for amount in amounts))  # type: ignore[return-value]  # three amounts
