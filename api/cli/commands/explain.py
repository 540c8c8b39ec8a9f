"""``placement explain``: why this, why not that, what each rule costs: read back from a stored run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.common import AsJson, DataDirectory, dollars, echo_json, settings_for, show_table


def explain(
    run: Annotated[str, typer.Argument(help="A run id, or 'latest'.")] = "latest",
    workload: Annotated[str | None, typer.Argument(help="A workload or dataset: only what concerns it.")] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Tell why a plan is what it is."""
    from api.stored_runs import read_stored_run

    stored = read_stored_run(settings_for(data_directory), run, workload=workload)
    if as_json:
        echo_json(stored)
    elif workload is None:
        _show_run(stored)
    else:
        for advice in stored["recommendations"]:
            _show_advice(advice)


def _show_run(stored: dict[str, Any]) -> None:
    head = stored["run"]
    typer.echo(
        f"run {head['id']}: {head['status']}, as of {head['as_of_on']}, gap {head['gap_ratio_proved']}, "
        f"verified {head['verified']}"
    )
    for conflict in head["conflict"] or ():
        typer.echo(f"  cannot hold together: {conflict['rule_id']}: {conflict['statement']}")
    show_table(
        "\nWhat rules cost, USD a month",
        ("rule", "verdict", "found", "proved at least", "proved at most", "why"),
        [
            (
                price["rule_id"],
                price["note"],
                _amount(price["expected_monthly_micro_usd"]),
                _amount(price["low_monthly_micro_usd"]),
                _amount(price["high_monthly_micro_usd"]),
                price["statement"],
            )
            for price in stored["rules"]
        ],
        right=("found", "proved at least", "proved at most"),
    )
    show_table(
        "\nCandidates left out or forbidden",
        ("filter", "reason", "candidates", "workloads and datasets"),
        [(d["filter_name"], d["reason"], d["candidates"], d["nodes"]) for d in stored["dropped"]],
        right=("candidates", "workloads and datasets"),
    )
    typer.echo("")
    for advice in stored["recommendations"]:
        typer.echo(f"- {advice['description']}")


def _show_advice(advice: dict[str, Any]) -> None:
    typer.echo(f"{advice['title']}\n{advice['description']}")
    for rejected in advice["feasibility"]["rejected_cheaper"]:
        typer.echo(
            f"  cheaper but forbidden by {rejected['rule_id']}: {_place(rejected['placement'])} "
            f"(would save {_amount(rejected['forgone_monthly_micro_usd'])} USD a month more)"
        )
    for alternative in advice["alternatives"]:
        typer.echo(f"  not chosen: {_place(alternative['placement'])}: {alternative['why_not_chosen']}")


def _place(placement: dict[str, Any]) -> str:
    parts = (placement["service_name"], "in", placement["place_id"], placement["sku"] or placement["tier"])
    return " ".join(part for part in parts if part)


def _amount(micro_usd: int | None) -> str:
    from optimizer.units import usd

    return "?" if micro_usd is None else dollars(usd(micro_usd))
