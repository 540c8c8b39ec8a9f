"""The published format read a second time, in plain Python over the documents, sharing no code with the optimizer.

Slow on purpose and short enough to be checked by eye: every plan of a tiny problem is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any

Choices = dict[str, list[str]]


def _exact(number: Any) -> Fraction:
    return Fraction(str(number))


def all_choices(document: dict[str, Any]) -> Iterator[Choices]:
    """Every way to take the right number of options for every node."""
    per_node = [
        list(combinations([option["id"] for option in node["options"]], node.get("copies", 1)))
        for node in document["nodes"]
    ]
    for combination in product(*per_node):
        yield {node["id"]: list(taken) for node, taken in zip(document["nodes"], combination, strict=True)}


class Oracle:
    """What a document's choices cost and whether they keep its rules."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.places = {place["id"]: place for place in document["places"]}
        self.position = {place["id"]: at for at, place in enumerate(document["places"])}
        self.nodes = {node["id"]: node for node in document["nodes"]}
        self.options = {(n["id"], o["id"]): o for n in document["nodes"] for o in n["options"]}

    def taken(self, choices: Choices, node_id: str) -> list[dict[str, Any]]:
        return [self.options[node_id, option_id] for option_id in choices[node_id]]

    def objective(self, choices: Choices) -> Fraction:
        """USD a month, exact."""
        every = [option for node_id in choices for option in self.taken(choices, node_id)]
        total = sum((_exact(option["monthly"]) for option in every), Fraction(0))
        total += sum((_exact(option.get("one_off", 0)) for option in every), Fraction(0)) / self.document.get(
            "horizon_months", 36
        )
        for rule in self.document["rules"]:
            if rule["type"] == "open_cost" and any(option["place"] == rule["place"] for option in every):
                total += _exact(rule["monthly"])
        return total + sum((self._flow(choices, flow) for flow in self.document["flows"]), Fraction(0))

    def _near(self, flow: dict[str, Any], source: str, target: str) -> bool:
        limit = flow.get("max_rtt_ms")
        return limit is None or self.document["rtt_ms"][self.position[source]][self.position[target]] <= limit

    def _flow(self, choices: Choices, flow: dict[str, Any]) -> Fraction:
        total = Fraction(0)
        for target in self.taken(choices, flow["to"]):
            prices = [
                _exact(self.document["transfer_per_gb"][self.position[s["place"]]][self.position[target["place"]]])
                for s in self.taken(choices, flow["from"])
                if self._near(flow, s["place"], target["place"])
            ]
            total += min(prices) * _exact(flow["gb_per_month"])
        return total

    def is_valid(self, choices: Choices) -> bool:
        return (
            all(self._copies_differ(choices, node) for node in self.document["nodes"])
            and all(self._flow_is_near(choices, flow) for flow in self.document["flows"])
            and all(getattr(self, f"_{rule['type']}")(choices, rule) for rule in self.document["rules"])
        )

    def _values(self, choices: Choices, node_id: str, by: str) -> list[str]:
        return [
            option["place"] if by == "place" else self.places[option["place"]][by]
            for option in self.taken(choices, node_id)
        ]

    def _copies_differ(self, choices: Choices, node: dict[str, Any]) -> bool:
        values = self._values(choices, node["id"], node.get("copies_distinct", "place"))
        return len(set(values)) == len(values)

    def _flow_is_near(self, choices: Choices, flow: dict[str, Any]) -> bool:
        return all(
            any(self._near(flow, s["place"], t["place"]) for s in self.taken(choices, flow["from"]))
            for t in self.taken(choices, flow["to"])
        )

    def _capacity(self, choices: Choices, rule: dict[str, Any]) -> bool:
        where = rule.get("place")
        listed = self.places if where is None else [where] if isinstance(where, str) else where
        used = sum(
            (
                _exact(option.get("uses", {}).get(rule["resource"], 0))
                for node_id in choices
                for option in self.taken(choices, node_id)
                if option["place"] in listed
            ),
            Fraction(0),
        )
        return used <= _exact(rule["max"])

    def _keep_together(self, choices: Choices, rule: dict[str, Any]) -> bool:
        return len({value for n in rule["nodes"] for value in self._values(choices, n, rule["by"])}) <= 1

    def _keep_apart(self, choices: Choices, rule: dict[str, Any]) -> bool:
        return all(
            not set(self._values(choices, one, rule["by"])) & set(self._values(choices, other, rule["by"]))
            for one, other in combinations(rule["nodes"], 2)
        )

    def _move_budget(self, choices: Choices, rule: dict[str, Any]) -> bool:
        moves = [
            option
            for node_id in choices
            for option in self.taken(choices, node_id)
            if self.nodes[node_id].get("current") is not None and option["id"] != self.nodes[node_id]["current"]
        ]
        if rule.get("max_moves") is not None and len(moves) > rule["max_moves"]:
            return False
        spent = sum((_exact(option.get("one_off", 0)) for option in moves), Fraction(0))
        return rule.get("max_one_off") is None or spent <= _exact(rule["max_one_off"])

    def _provider_share(self, choices: Choices, rule: dict[str, Any]) -> bool:
        every = [option for node_id in choices for option in self.taken(choices, node_id)]
        total = sum((_exact(option["monthly"]) for option in every), Fraction(0))
        there = sum(
            (_exact(o["monthly"]) for o in every if self.places[o["place"]]["provider"] == rule["provider"]),
            Fraction(0),
        )
        return there <= _exact(rule["max_ratio"]) * total

    def _open_cost(self, choices: Choices, rule: dict[str, Any]) -> bool:
        return True

    def _covers(self, rule: dict[str, Any], place: dict[str, Any]) -> bool:
        return (
            place["id"] in rule.get("places", [])
            or place["provider"] in rule.get("providers", [])
            or place["continent"] in rule.get("continents", [])
            or bool(set(place["jurisdictions"]) & set(rule.get("jurisdictions", [])))
        )

    def _allow(self, choices: Choices, rule: dict[str, Any]) -> bool:
        return all(
            self._covers(rule, self.places[option["place"]])
            for node_id in rule["nodes"]
            for option in self.taken(choices, node_id)
        )

    def _forbid(self, choices: Choices, rule: dict[str, Any]) -> bool:
        return not any(
            self._covers(rule, self.places[option["place"]])
            for node_id in rule["nodes"]
            for option in self.taken(choices, node_id)
        )

    def _pin(self, choices: Choices, rule: dict[str, Any]) -> bool:
        return all(choices[node_id] == [self.nodes[node_id]["current"]] for node_id in rule["nodes"])

    def optimum(self) -> tuple[Fraction, Choices] | None:
        """The cheapest valid choices, or None when there are none."""
        best: tuple[Fraction, Choices] | None = None
        for choices in all_choices(self.document):
            if self.is_valid(choices):
                objective = self.objective(choices)
                if best is None or objective < best[0]:
                    best = (objective, choices)
        return best
