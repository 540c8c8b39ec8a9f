"""The problem: which node may take which option, and what choices cost together."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from optimizer.domain.estate import COMPONENTS
from optimizer.domain.place import Place
from optimizer.problem.option_ids import OptionIds
from optimizer.problem.use_index import UseIndex
from optimizer.problem.validate import validate_problem

if TYPE_CHECKING:
    from optimizer.rules.rule import Rule

UNITEMISED: Final = ("unitemised",)
WORKLOAD: Final = 0
DATASET: Final = 1
DISTINCT_ATTRIBUTES: Final = ("place", "region", "provider")
PLACE_ATTRIBUTES: Final = ("place", "region", "provider", "continent")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Nodes take options; options lie in places; flows between nodes cost by the places chosen; rules forbid.

    Shapes and units:

    * ``node_*`` are ``[node]``: ``node_is_dataset`` bool, ``node_copies`` (options taken, at least 1),
      ``node_distinct`` (code into ``DISTINCT_ATTRIBUTES``: what two copies may not share), ``node_current``
      (option index, -1 when the node does not run yet);
    * ``option_*`` are ``[option]``, sorted by node; node ``n`` has options ``node_start[n]:node_start[n + 1]``;
      ``option_components_micro_usd`` is int64 ``[option, component]`` in the order of ``components``, a month (what
      is not among ``components`` costs nothing);
      ``option_one_off_micro_usd`` is int64, once;
    * ``use_*`` are ``[use]``: option, resource code, amount in the unit of the resource;
    * ``flow_*`` are ``[flow]``: node indices, GB (10^9 bytes) a month, longest round trip in ms (NaN: no limit);
    * ``transfer_micro_usd_per_gb`` is int64 ``[from place, to place]``; ``rtt_ms`` float64 of that shape, or None.

    Nothing can be assigned after construction; ``replace`` makes a changed copy and validates it again.

    Raises:
        InvalidProblem: with the JSON path (as in the published format) of what is wrong.
    """

    places: tuple[Place, ...]
    node_ids: tuple[str, ...]
    node_is_dataset: npt.NDArray[np.bool_]
    node_copies: npt.NDArray[np.int64]
    node_distinct: npt.NDArray[np.int8]
    node_current: npt.NDArray[np.int64]
    node_start: npt.NDArray[np.int64]
    option_ids: OptionIds
    option_place: npt.NDArray[np.int32]
    option_components_micro_usd: npt.NDArray[np.int64]
    option_one_off_micro_usd: npt.NDArray[np.int64]
    resources: tuple[str, ...]
    use_option: npt.NDArray[np.int32]
    use_resource: npt.NDArray[np.int32]
    use_amount: npt.NDArray[np.float64]
    flow_from: npt.NDArray[np.int64]
    flow_to: npt.NDArray[np.int64]
    flow_gb: npt.NDArray[np.float64]
    flow_max_rtt_ms: npt.NDArray[np.float64]
    transfer_micro_usd_per_gb: npt.NDArray[np.int64]
    rtt_ms: npt.NDArray[np.float64] | None
    components: tuple[str, ...] = COMPONENTS
    rules: tuple[Rule, ...] = ()
    horizon_months: int = 36
    currency: str = "USD"
    node_index: dict[str, int] = field(init=False, repr=False)
    place_index: dict[str, int] = field(init=False, repr=False)
    option_node: npt.NDArray[np.int32] = field(init=False, repr=False)
    _use_index: UseIndex | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "node_index", {name: code for code, name in enumerate(self.node_ids)})
        object.__setattr__(self, "place_index", {place.id: code for code, place in enumerate(self.places)})
        counts = np.diff(self.node_start)
        nodes = np.arange(len(self.node_ids), dtype=np.int32)
        object.__setattr__(self, "option_node", np.repeat(nodes, np.maximum(counts, 0)))
        for column in dataclasses.fields(self):
            value = getattr(self, column.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        validate_problem(self)

    def replace(self, **changes: Any) -> Problem:
        """A copy with the named columns changed, validated again."""
        return dataclasses.replace(self, **changes)

    @property
    def option_monthly_micro_usd(self) -> npt.NDArray[np.int64]:
        """Monthly cost of each option, all components together, int64 ``[option]``."""
        columns = self.option_components_micro_usd
        total: npt.NDArray[np.int64] = columns[:, 0] if columns.shape[1] == 1 else columns.sum(axis=1, dtype=np.int64)
        return total

    def options_of(self, node: int) -> range:
        """Option indices of a node."""
        return range(int(self.node_start[node]), int(self.node_start[node + 1]))

    def options_named(self, nodes: npt.NDArray[np.integer], ids: Iterable[str]) -> npt.NDArray[np.int64]:
        """Option index of each id at its node, -1 where the node has no such option, ``[id]``."""
        return self.option_ids.find(self.node_start, nodes, ids)

    def uses_of(self, resource: str, place_ids: Iterable[str] = ()) -> npt.NDArray[np.int32]:
        """Uses of a resource by options in the places (none named: in any), ascending."""
        index = self._use_index
        if index is None:
            index = UseIndex.of(self)
            object.__setattr__(self, "_use_index", index)
        return index.uses(self, resource, place_ids)

    def place_codes(self, attribute: str) -> npt.NDArray[np.int64]:
        """Equal numbers for places that share the attribute (place, region, provider, continent), ``[place]``."""
        if attribute == "place":
            return np.arange(len(self.places))
        values = [getattr(place, attribute) for place in self.places]
        vocabulary = {value: code for code, value in enumerate(dict.fromkeys(values))}
        return np.array([vocabulary[value] for value in values], dtype=np.int64)

    def without_rules(self, *rule_ids: str) -> Problem:
        """The same problem without the named rules."""
        return self.replace(rules=tuple(rule for rule in self.rules if rule.id not in rule_ids))

    def fingerprint(self) -> str:
        """Hash of everything that decides the answer; equal problems have equal fingerprints."""
        digest = hashlib.sha256()
        for column in dataclasses.fields(self):
            if not column.init:
                continue
            digest.update(column.name.encode())
            for part in _content(getattr(self, column.name)):
                digest.update(part)
        return digest.hexdigest()


def _content(value: Any) -> Iterator[bytes]:
    if isinstance(value, np.ndarray):
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, OptionIds):
        yield from (repr(block).encode() for block in value.blocks())
    else:
        yield repr(value).encode()


def unitemised(monthly_micro_usd: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The one column of costs of which only the total is known (``UNITEMISED``), int64 ``[option, 1]``."""
    return np.asarray(monthly_micro_usd, dtype=np.int64).reshape(-1, 1)
