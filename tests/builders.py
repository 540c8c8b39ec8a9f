"""Small problems by hand, so that a test states only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from optimizer.domain.place import Place
from optimizer.plan import Plan
from optimizer.problem.builder import ProblemBuilder
from optimizer.problem.problem import Problem

VIRGINIA: Final = Place(id="aws:us-east-1", provider="aws", region="us-east-1", continent="NA", jurisdictions=("US",))
IRELAND: Final = Place(
    id="aws:eu-west-1", provider="aws", region="eu-west-1", continent="EU", jurisdictions=("IE", "EU")
)
IOWA: Final = Place(id="gcp:us-central1", provider="gcp", region="us-central1", continent="NA", jurisdictions=("US",))


def two_clouds(*, horizon_months: int = 36) -> ProblemBuilder:
    """Virginia, Ireland and Iowa: 0.02 USD per GB between the first two, 0.09 to Iowa, 0.12 from it."""
    return ProblemBuilder(
        [VIRGINIA, IRELAND, IOWA],
        transfer_per_gb=[["0", "0.02", "0.09"], ["0.02", "0", "0.09"], ["0.12", "0.12", "0"]],
        rtt_ms=[[1, 80, 30], [80, 1, 100], [30, 100, 1]],
        horizon_months=horizon_months,
    )


def node_in_all_places(
    builder: ProblemBuilder,
    node_id: str,
    monthly_usd: Sequence[str | int] = (10, 10, 10),
    *,
    one_off_usd: Sequence[str | int] = (0, 0, 0),
    uses: Mapping[str, float] | None = None,
    **node: Any,
) -> None:
    """A node that may be in Virginia (option ``va``), Ireland (``ie``) or Iowa (``io``)."""
    builder.node(node_id, **node)
    places = (VIRGINIA, IRELAND, IOWA)
    for option_id, place, monthly, one_off in zip(("va", "ie", "io"), places, monthly_usd, one_off_usd, strict=True):
        builder.option(option_id, place.id, monthly, one_off, uses)


def plan_of(problem: Problem, **choices: str | list[str]) -> Plan:
    """The plan that takes the named option (or options) of each node."""
    return Plan.of(problem, {node: [taken] if isinstance(taken, str) else taken for node, taken in choices.items()})


def tiny_document(**changes: Any) -> dict[str, Any]:
    """A valid document of the published format, with every optional part; ``changes`` replace top-level fields."""
    document: dict[str, Any] = {
        "format": "placement-problem/1",
        "currency": "USD",
        "horizon_months": 12,
        "places": [
            {"id": "a", "provider": "aws", "region": "r1", "continent": "EU", "jurisdictions": ["EU"]},
            {"id": "g", "provider": "gcp", "region": "r2", "continent": "NA", "jurisdictions": ["US"]},
        ],
        "nodes": [
            {
                "id": "w",
                "kind": "workload",
                "current": "wa",
                "options": [
                    {"id": "wa", "place": "a", "monthly": "100", "one_off": "0", "uses": {"vcpu": 4}},
                    {"id": "wg", "place": "g", "monthly": "70.25", "one_off": "60", "uses": {"vcpu": 4}},
                ],
            },
            {
                "id": "d",
                "kind": "dataset",
                "current": None,
                "copies": 1,
                "copies_distinct": "place",
                "options": [{"id": "da", "place": "a", "monthly": "5"}, {"id": "dg", "place": "g", "monthly": "6"}],
            },
        ],
        "flows": [{"from": "d", "to": "w", "gb_per_month": 100, "max_rtt_ms": 50}],
        "transfer_per_gb": [["0", "0.09"], ["0.12", "0"]],
        "rtt_ms": [[1, 32], [32, 1]],
        "rules": [{"id": "q", "type": "capacity", "resource": "vcpu", "place": "g", "max": 4}],
    }
    return {**document, **changes}
