"""Hypothesis strategies for small problems of the published format, with every kind of rule."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

RULE_KINDS = (
    "capacity",
    "keep_together",
    "keep_apart",
    "move_budget",
    "provider_share",
    "open_cost",
    "allow",
    "forbid",
    "pin",
    "max_rtt_ms",
    "copies",
)
_money = st.integers(-2_000, 60_000).map(lambda cents: f"{cents / 100:.2f}")
_paid = st.integers(0, 60_000).map(lambda cents: f"{cents / 100:.2f}")


@st.composite
def problem_documents(draw: st.DrawFn, kinds: tuple[str, ...] | None = None) -> dict[str, Any]:
    """A problem with at most four places and four nodes; ``kinds`` fixes which kinds of rule it has."""
    places = [
        {
            "id": f"p{at}",
            "provider": draw(st.sampled_from(["aws", "gcp"])),
            "region": draw(st.sampled_from([f"r{at}", "r0"])),
            "continent": draw(st.sampled_from(["EU", "NA"])),
            "jurisdictions": draw(st.sampled_from([[], ["EU"], ["US"], ["EU", "DE"]])),
        }
        for at in range(draw(st.integers(1, 4)))
    ]
    wanted = draw(st.sets(st.sampled_from(RULE_KINDS), max_size=4)) if kinds is None else set(kinds)
    nodes = [draw(_node(f"n{at}", places, "copies" in wanted)) for at in range(draw(st.integers(1, 4)))]
    flows = draw(st.lists(_flow(nodes, "max_rtt_ms" in wanted), max_size=5))
    rules = []
    for kind in sorted(wanted - {"copies", "max_rtt_ms"}):
        rules += [{"id": f"{kind}-{at}", **draw(_rule(kind, places, nodes))} for at in range(draw(st.integers(1, 2)))]
    size = len(places)
    structure = draw(st.sampled_from(["grouped", "arbitrary", "free"]))
    return {
        "format": "placement-problem/1",
        "currency": "USD",
        "horizon_months": draw(st.sampled_from([1, 12, 36])),
        "places": places,
        "nodes": nodes,
        "flows": flows,
        "transfer_per_gb": [
            [draw(_transfer(structure, places, row, column)) for column in range(size)] for row in range(size)
        ],
        "rtt_ms": [[draw(st.sampled_from([1, 20, 80])) for _ in range(size)] for _ in range(size)],
        "rules": [rule for rule in rules if rule.get("nodes") != []],
    }


@st.composite
def _transfer(draw: st.DrawFn, structure: str, places: list[dict[str, Any]], row: int, column: int) -> str:
    if structure == "free":
        return "0"
    if structure == "arbitrary":
        return draw(st.sampled_from(["0", "0.01", "0.09", "0.2"]))
    if row == column:
        return "0"
    return "0.02" if places[row]["provider"] == places[column]["provider"] else "0.09"


@st.composite
def _node(draw: st.DrawFn, node_id: str, places: list[dict[str, Any]], copied: bool) -> dict[str, Any]:
    options = [
        {
            "id": f"o{at}",
            "place": draw(st.sampled_from(places))["id"],
            "monthly": draw(_money),
            "one_off": draw(_paid),
            "uses": draw(st.dictionaries(st.sampled_from(["vcpu", "gb"]), st.integers(0, 8).map(lambda n: n / 2))),
        }
        for at in range(draw(st.integers(1, 5 if copied else 4)))
    ]
    node: dict[str, Any] = {
        "id": node_id,
        "kind": draw(st.sampled_from(["workload", "dataset"])),
        "current": draw(st.sampled_from([None, *(option["id"] for option in options)])),
        "options": options,
    }
    if copied and node["kind"] == "dataset" and len(options) > 1:
        node["copies"] = draw(st.integers(2, min(3, len(options))))
        node["copies_distinct"] = draw(st.sampled_from(["place", "region", "provider"]))
    return node


@st.composite
def _flow(draw: st.DrawFn, nodes: list[dict[str, Any]], limited: bool) -> dict[str, Any]:
    flow = {
        "from": draw(st.sampled_from(nodes))["id"],
        "to": draw(st.sampled_from(nodes))["id"],
        "gb_per_month": draw(st.sampled_from([0, 10, 1000, 2500.5])),
    }
    if limited and draw(st.booleans()):
        flow["max_rtt_ms"] = draw(st.sampled_from([5, 40]))
    return flow


@st.composite
def _rule(draw: st.DrawFn, kind: str, places: list[dict[str, Any]], nodes: list[dict[str, Any]]) -> dict[str, Any]:
    node_ids = [node["id"] for node in nodes]
    some_nodes = st.lists(st.sampled_from(node_ids), min_size=1, max_size=3, unique=True)
    place_ids = st.sampled_from([place["id"] for place in places])
    by = st.sampled_from(["place", "region", "provider", "continent"])
    rule: dict[str, Any] = {"type": kind}
    if kind == "capacity":
        rule |= {"resource": draw(st.sampled_from(["vcpu", "gb"])), "max": draw(st.sampled_from([0, 2.5, 4, 7]))}
        where = draw(st.one_of(st.none(), place_ids, st.lists(place_ids, min_size=1, max_size=2, unique=True)))
        if where is not None:
            rule["place"] = where
    elif kind in ("keep_together", "keep_apart"):
        rule |= {"nodes": draw(some_nodes), "by": draw(by)}
    elif kind == "move_budget":
        if draw(st.booleans()):
            rule["max_moves"] = draw(st.integers(0, 2))
        if "max_moves" not in rule or draw(st.booleans()):
            rule["max_one_off"] = draw(_paid)
    elif kind == "provider_share":
        rule |= {"provider": places[0]["provider"], "max_ratio": draw(st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]))}
    elif kind == "open_cost":
        rule |= {"place": draw(place_ids), "monthly": draw(_paid)}
    elif kind in ("allow", "forbid"):
        rule |= {"nodes": draw(some_nodes)}
        rule |= draw(
            st.sampled_from(
                [
                    {"providers": ["aws"]},
                    {"continents": ["EU"]},
                    {"jurisdictions": ["EU"]},
                    {"places": [places[0]["id"]]},
                    {"jurisdictions": ["US"], "providers": ["gcp"]},
                ]
            )
        )
    elif kind == "pin":
        rule["nodes"] = [node["id"] for node in nodes if node["current"] is not None and node.get("copies", 1) == 1][:1]
    return rule
