"""Problems and plans as documents of the published format (dictionaries that JSON holds), both ways."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from optimizer.domain.place import Place
from optimizer.errors import InvalidPlan, InvalidProblem
from optimizer.exchange.faults import first_fault
from optimizer.exchange.rule_documents import rule_from_document, rule_to_document
from optimizer.exchange.schemas import PLAN_FORMAT, PROBLEM_FORMAT, Document, PlanDocument, ProblemDocument
from optimizer.plan import Infeasible, NotSolved, Outcome, PlanCosts, Solved
from optimizer.problem.builder import ProblemBuilder
from optimizer.problem.problem import DISTINCT_ATTRIBUTES, Problem
from optimizer.units import usd

DocumentKind = TypeVar("DocumentKind", bound=Document)


def problem_schema() -> dict[str, Any]:
    """JSON Schema of a problem."""
    return ProblemDocument.model_json_schema(by_alias=True)


def plan_schema() -> dict[str, Any]:
    """JSON Schema of a plan."""
    return PlanDocument.model_json_schema(by_alias=True)


def problem_from_document(document: Mapping[str, Any]) -> Problem:
    """The problem that a document states.

    Raises:
        InvalidProblem: with the JSON path of the first thing that is wrong.
    """
    stated = _validated(ProblemDocument, document, InvalidProblem)
    builder = ProblemBuilder(
        [Place(**{**place.model_dump(), "jurisdictions": tuple(place.jurisdictions)}) for place in stated.places],
        transfer_per_gb=stated.transfer_per_gb,
        rtt_ms=stated.rtt_ms,
        horizon_months=stated.horizon_months,
        currency=stated.currency,
    )
    for node in stated.nodes:
        builder.node(node.id, kind=node.kind, current=node.current, copies=node.copies, distinct=node.copies_distinct)
        for option in node.options:
            builder.option(option.id, option.place, option.monthly, option.one_off, option.uses)
    for flow in stated.flows:
        builder.flow(flow.source, flow.target, flow.gb_per_month, flow.max_rtt_ms)
    for rule in stated.rules:
        builder.rule(rule_from_document(rule))
    return builder.build()


def problem_to_document(problem: Problem) -> dict[str, Any]:
    """The problem as the format writes it; component columns are added up to ``monthly``."""
    document: dict[str, Any] = {
        "format": PROBLEM_FORMAT,
        "currency": problem.currency,
        "horizon_months": problem.horizon_months,
        "places": [
            {
                "id": place.id,
                "provider": place.provider,
                "region": place.region,
                "continent": place.continent,
                "jurisdictions": list(place.jurisdictions),
            }
            for place in problem.places
        ],
        "nodes": _nodes(problem),
        "flows": _flows(problem),
        "transfer_per_gb": [[str(usd(price)) for price in row] for row in problem.transfer_micro_usd_per_gb.tolist()],
        "rules": [rule_to_document(rule) for rule in problem.rules],
    }
    if problem.rtt_ms is not None:
        document["rtt_ms"] = problem.rtt_ms.tolist()
    return document


def _nodes(problem: Problem) -> list[dict[str, Any]]:
    uses: dict[int, dict[str, float]] = {}
    for option, resource, amount in zip(
        problem.use_option.tolist(), problem.use_resource.tolist(), problem.use_amount.tolist(), strict=True
    ):
        uses.setdefault(option, {})[problem.resources[resource]] = amount
    monthly = problem.option_monthly_micro_usd.tolist()
    one_off = problem.option_one_off_micro_usd.tolist()
    nodes = []
    for node, node_id in enumerate(problem.node_ids):
        current = int(problem.node_current[node])
        stated: dict[str, Any] = {
            "id": node_id,
            "kind": "dataset" if problem.node_is_dataset[node] else "workload",
            "current": None if current < 0 else problem.option_ids[current],
        }
        if problem.node_copies[node] > 1:
            stated["copies"] = int(problem.node_copies[node])
            stated["copies_distinct"] = DISTINCT_ATTRIBUTES[problem.node_distinct[node]]
        stated["options"] = [
            {
                "id": problem.option_ids[option],
                "place": problem.places[problem.option_place[option]].id,
                "monthly": str(usd(monthly[option])),
                "one_off": str(usd(one_off[option])),
                "uses": uses.get(option, {}),
            }
            for option in problem.options_of(node)
        ]
        nodes.append(stated)
    return nodes


def _flows(problem: Problem) -> list[dict[str, Any]]:
    flows = []
    for source, target, gb, limit in zip(
        problem.flow_from.tolist(),
        problem.flow_to.tolist(),
        problem.flow_gb.tolist(),
        problem.flow_max_rtt_ms.tolist(),
        strict=True,
    ):
        stated = {"from": problem.node_ids[source], "to": problem.node_ids[target], "gb_per_month": gb}
        if not np.isnan(limit):
            stated["max_rtt_ms"] = limit
        flows.append(stated)
    return flows


def plan_from_document(document: Mapping[str, Any]) -> PlanDocument:
    """The validated plan document; ``Plan.of`` ties its choices to a problem.

    Raises:
        InvalidPlan: with the JSON path of the first thing that is wrong.
    """
    return _validated(PlanDocument, document, InvalidPlan)


def plan_to_document(problem: Problem, outcome: Outcome, *, peak_mb: float) -> dict[str, Any]:
    """An outcome as the format writes it."""
    document: dict[str, Any] = {"format": PLAN_FORMAT}
    match outcome:
        case Solved(lower_bound_micro_usd=bound):
            document |= {
                "status": "solved",
                "objective": _money(outcome.costs.objective_micro_usd),
                "lower_bound": _money(bound) if bound.is_finite() else None,
                "gap_ratio": _stated_gap_ratio(outcome.costs.objective_micro_usd, bound),
                "choices": outcome.plan.choices(problem),
                "costs": _costs(outcome.costs),
            }
        case Infeasible():
            document |= {"status": "infeasible", "conflict": list(outcome.conflict)}
        case NotSolved(lower_bound_micro_usd=proved):
            document |= {"status": "not_solved", "lower_bound": None if proved is None else _money(proved)}
    document["solver"] = {
        "method": outcome.facts.method,
        "seconds": round(outcome.facts.seconds, 3),
        "peak_mb": round(peak_mb, 1),
        "stopped_by": outcome.facts.stopped_by,
    }
    return {key: value for key, value in document.items() if value is not None}


def _stated_gap_ratio(objective_micro_usd: Decimal, bound_micro_usd: Decimal) -> float | None:
    """The gap of the amounts as they are stated, to the micro-dollar, so that a reader who divides them finds it."""
    if not bound_micro_usd.is_finite():
        return None
    objective = objective_micro_usd.to_integral_value()
    difference = objective - bound_micro_usd.to_integral_value()
    if not difference:
        return 0.0
    return float(difference / abs(objective)) if objective else None


def _costs(costs: PlanCosts) -> dict[str, str]:
    return {
        "options": _money(costs.options_micro_usd),
        "flows": _money(costs.flows_micro_usd),
        "open": _money(costs.open_micro_usd),
        "one_off_per_month": _money(costs.one_off_per_month_micro_usd),
    }


def _money(micro_usd: Decimal) -> str:
    return str(usd(int(micro_usd.to_integral_value())))


def _validated(
    kind: type[DocumentKind], document: Mapping[str, Any], error: type[InvalidProblem] | type[InvalidPlan]
) -> DocumentKind:
    try:
        return kind.model_validate(document)
    except ValidationError as problem:
        message, path = first_fault(problem)
        raise error(message, path=path) from problem
