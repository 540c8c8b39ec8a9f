"""Charges saved or paid on purpose: everybody leaves what a charge covers, or all are welcome there for once free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np

from optimizer.solve.search.walk import NEGLIGIBLE_USD, Penalties, Standing, move_nodes

if TYPE_CHECKING:
    from optimizer.solve.search.mend import Search

LEAST_FEE_RATIO: Final = 0.01
"""Charges below this share of what their options cost are not worth trying to save."""
MOST_VISITS: Final = 300_000


def open_and_close(search: Search, standing: Standing, penalties: Penalties, may_go_on: Callable[[], bool]) -> float:
    """Try to save each open charge and to use each that is not paid, the dearest first; returns USD saved."""
    fee = search.terrain.fee.copy()
    before = search.cost(standing)
    for charge in np.argsort(-fee, kind="stable").tolist():
        if may_go_on():
            (_close if standing.opened[charge] else _open)(search, standing, penalties, charge)
    return before - search.cost(standing)


def _close(search: Search, standing: Standing, penalties: Penalties, charge: int) -> None:
    terrain = search.terrain
    covered = search.covered(charge)
    inside = np.zeros(len(terrain.cost), dtype=np.bool_)
    inside[covered] = True
    member = np.flatnonzero((inside[standing.chosen] & (standing.chosen >= 0)).any(axis=1))
    users = standing.chosen[member]
    if terrain.fee[charge] < LEAST_FEE_RATIO * terrain.cost[users[users >= 0]].sum():
        return
    own = terrain.cost[covered]
    with _attempt(search, standing):
        terrain.cost[covered] = own + penalties.pair
        nodes = np.unique(search.costs.graph.node_of[member])
        move_nodes(terrain, standing, penalties, nodes, NEGLIGIBLE_USD)
        terrain.cost[covered] = own


def _open(search: Search, standing: Standing, penalties: Penalties, charge: int) -> None:
    nodes = np.unique(search.costs.graph.node_of[search.owner[search.covered(charge)]])
    if len(nodes) * len(search.terrain.fee) > MOST_VISITS:
        return
    fee = search.terrain.fee[charge]
    with _attempt(search, standing):
        search.terrain.fee[charge] = 0.0
        move_nodes(search.terrain, standing, penalties, nodes, NEGLIGIBLE_USD)
        search.terrain.fee[charge] = fee


@contextmanager
def _attempt(search: Search, standing: Standing) -> Iterator[None]:
    """What happens inside is undone unless it saves money and breaks no further row."""
    before, broken = search.cost(standing), search.broken_rows(standing)
    kept = [column.copy() for column in standing]
    yield
    breaks_more = (search.broken_rows(standing) & ~broken).any()
    if breaks_more or search.cost(standing) > before - NEGLIGIBLE_USD:
        for column, old in zip(standing, kept, strict=True):
            column[...] = old
