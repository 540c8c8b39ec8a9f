"""Makes a problem by hand, one node at a time: for tests, notebooks and readers of the published format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from optimizer.domain.place import Place
from optimizer.errors import InvalidProblem
from optimizer.problem.option_ids import OptionIds
from optimizer.problem.problem import DISTINCT_ATTRIBUTES, UNITEMISED, Problem, unitemised
from optimizer.rules.rule import Rule
from optimizer.units import micro_usd_exactly


@dataclass(slots=True, kw_only=True)
class _Node:
    id: str
    is_dataset: bool
    current: str | None
    copies: int
    distinct: str
    option_ids: list[str] = field(default_factory=list)


class ProblemBuilder:
    """Collects places, nodes, options, flows and rules; ``build`` validates them together.

    >>> builder = ProblemBuilder([Place(id="a", provider="aws", region="r1", continent="EU")])
    >>> builder.node("w1", current="stay")
    >>> builder.option("stay", "a", "12.5")
    >>> builder.build().option_monthly_micro_usd.tolist()
    [12500000]
    """

    def __init__(
        self,
        places: Sequence[Place],
        *,
        transfer_per_gb: Sequence[Sequence[str | int | Decimal]] | None = None,
        rtt_ms: Sequence[Sequence[float]] | None = None,
        horizon_months: int = 36,
        currency: str = "USD",
    ) -> None:
        self._places = tuple(places)
        self._place_index = {place.id: code for code, place in enumerate(self._places)}
        self._transfer = transfer_per_gb
        self._rtt_ms = rtt_ms
        self._horizon_months = horizon_months
        self._currency = currency
        self._nodes: list[_Node] = []
        self._option_place: list[int] = []
        self._monthly: list[int] = []
        self._one_off: list[int] = []
        self._uses: list[tuple[int, str, float]] = []
        self._flows: list[tuple[str, str, float, float]] = []
        self._rules: list[Rule] = []

    def node(
        self,
        node_id: str,
        *,
        kind: str = "workload",
        current: str | None = None,
        copies: int = 1,
        distinct: str = "place",
    ) -> None:
        """Begin a node; the options that follow are its own.

        Raises:
            InvalidProblem: kind or distinct is not a word of the format.
        """
        path = f"$.nodes[{len(self._nodes)}]"
        if kind not in ("workload", "dataset"):
            raise InvalidProblem(f"is {kind!r}; expected 'workload' or 'dataset'", path=f"{path}.kind")
        if distinct not in DISTINCT_ATTRIBUTES:
            raise InvalidProblem(
                f"is {distinct!r}; expected one of {list(DISTINCT_ATTRIBUTES)}", path=f"{path}.copies_distinct"
            )
        self._nodes.append(
            _Node(id=node_id, is_dataset=kind == "dataset", current=current, copies=copies, distinct=distinct)
        )

    def option(
        self,
        option_id: str,
        place_id: str,
        monthly: str | int | Decimal,
        one_off: str | int | Decimal = 0,
        uses: Mapping[str, float] | None = None,
    ) -> None:
        """An option of the node begun last; money in the problem's currency.

        Raises:
            InvalidProblem: the place is unknown or an amount has more than six decimals.
        """
        node = self._nodes[-1]
        path = f"$.nodes[{len(self._nodes) - 1}].options[{len(node.option_ids)}]"
        if place_id not in self._place_index:
            raise InvalidProblem(f"there is no place {place_id!r}", path=f"{path}.place")
        for resource, amount in (uses or {}).items():
            self._uses.append((len(self._option_place), resource, float(amount)))
        node.option_ids.append(option_id)
        self._option_place.append(self._place_index[place_id])
        self._monthly.append(_money(monthly, f"{path}.monthly"))
        self._one_off.append(_money(one_off, f"{path}.one_off"))

    def flow(self, source: str, target: str, gb_per_month: float, max_rtt_ms: float | None = None) -> None:
        """Data from one node to another, GB (10^9 bytes) a month."""
        self._flows.append((source, target, float(gb_per_month), np.nan if max_rtt_ms is None else float(max_rtt_ms)))

    def rule(self, rule: Rule) -> None:
        """A hard rule or an open cost."""
        self._rules.append(rule)

    def build(self) -> Problem:
        """The validated problem.

        Raises:
            InvalidProblem: with the JSON path of what is wrong.
        """
        counts = [len(node.option_ids) for node in self._nodes]
        start = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
        resources = tuple(sorted({resource for _, resource, _ in self._uses}))
        index = {node.id: code for code, node in enumerate(self._nodes)}
        return Problem(
            places=self._places,
            node_ids=tuple(node.id for node in self._nodes),
            node_is_dataset=np.array([node.is_dataset for node in self._nodes], dtype=np.bool_),
            node_copies=np.array([node.copies for node in self._nodes], dtype=np.int64),
            node_distinct=np.array([DISTINCT_ATTRIBUTES.index(n.distinct) for n in self._nodes], dtype=np.int8),
            node_current=self._current(start),
            node_start=start,
            option_ids=OptionIds(option_id for node in self._nodes for option_id in node.option_ids),
            option_place=np.array(self._option_place, dtype=np.int32),
            option_components_micro_usd=unitemised(self._monthly),
            option_one_off_micro_usd=np.array(self._one_off, dtype=np.int64),
            resources=resources,
            use_option=np.array([use[0] for use in self._uses], dtype=np.int32),
            use_resource=np.array([resources.index(use[1]) for use in self._uses], dtype=np.int32),
            use_amount=np.array([use[2] for use in self._uses], dtype=np.float64),
            flow_from=self._ends(index, 0),
            flow_to=self._ends(index, 1),
            flow_gb=np.array([flow[2] for flow in self._flows], dtype=np.float64),
            flow_max_rtt_ms=np.array([flow[3] for flow in self._flows], dtype=np.float64),
            transfer_micro_usd_per_gb=self._transfer_matrix(),
            rtt_ms=None if self._rtt_ms is None else _square(self._rtt_ms, len(self._places), "$.rtt_ms"),
            components=UNITEMISED,
            rules=tuple(self._rules),
            horizon_months=self._horizon_months,
            currency=self._currency,
        )

    def _current(self, start: np.ndarray) -> np.ndarray:
        current = np.full(len(self._nodes), -1, dtype=np.int64)
        for position, node in enumerate(self._nodes):
            if node.current is None:
                continue
            if node.current not in node.option_ids:
                raise InvalidProblem(
                    f"{node.current!r} is not an option of node {node.id!r}", path=f"$.nodes[{position}].current"
                )
            current[position] = start[position] + node.option_ids.index(node.current)
        return current

    def _ends(self, index: Mapping[str, int], end: int) -> np.ndarray:
        for position, flow in enumerate(self._flows):
            if flow[end] not in index:
                name = ("from", "to")[end]
                raise InvalidProblem(f"there is no node {flow[end]!r}", path=f"$.flows[{position}].{name}")
        return np.array([index[str(flow[end])] for flow in self._flows], dtype=np.int64)

    def _transfer_matrix(self) -> np.ndarray:
        places = len(self._places)
        if self._transfer is None:
            return np.zeros((places, places), dtype=np.int64)
        rows = [
            [_money(price, f"$.transfer_per_gb[{row}][{column}]") for column, price in enumerate(prices)]
            for row, prices in enumerate(self._transfer)
        ]
        return _square(rows, places, "$.transfer_per_gb").astype(np.int64)


def _square(rows: Sequence[Sequence[float]], places: int, path: str) -> np.ndarray:
    if len(rows) != places or any(len(row) != places for row in rows):
        raise InvalidProblem(f"must have {places} rows of {places}, one for each place", path=path)
    return np.array(rows)


def _money(amount: str | int | Decimal, path: str) -> int:
    try:
        return micro_usd_exactly(Decimal(amount))
    except (ArithmeticError, ValueError) as error:
        raise InvalidProblem(
            f"{amount!r} is not money; expected a decimal number with at most six decimals", path=path
        ) from error
