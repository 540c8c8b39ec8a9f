"""Who is at an end of what: the edges of each node, end to end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Incidence(NamedTuple):
    """Node ``n`` has the entries ``begin[n]:begin[n + 1]``: an edge, its other end, whether n is its one."""

    begin: Ints
    edge: Ints
    other: Ints
    is_one: npt.NDArray[np.bool_]


def incidence(one: Ints, other: Ints, nodes: int) -> Incidence:
    """The incidence of edges ``[edge]`` between so many nodes."""
    ends = np.concatenate([one, other])
    by_node = np.argsort(ends, kind="stable")
    return Incidence(
        begin=np.searchsorted(ends[by_node], np.arange(nodes + 1)),
        edge=by_node % max(len(one), 1),
        other=np.concatenate([other, one])[by_node],
        is_one=by_node < len(one),
    )
