"""Edges between a node with one place and a node whose labels are couples of places.

Either the nearer of the two serves a reader, or both must be reached, which the single end then pays for twice.
``given`` ``[P]`` is what the edge has handed to the couples; what is impossible stands there beyond ``DEAD``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.network import DEAD, FORBIDDEN, Network

Reals = npt.NDArray[np.floating]
Singles = npt.NDArray[np.float32]


@compiled
def from_nearer(network: Network, given: Singles, theirs: Reals) -> None:
    """What couples charge at least for serving a reader from each place, into ``theirs`` ``[place]``."""
    theirs[:] = FORBIDDEN
    for number in range(len(given)):
        if abs(given[number]) < DEAD:
            one, other = network.couple_one[number], network.couple_other[number]
            theirs[one] = min(theirs[one], -given[number])
            theirs[other] = min(theirs[other], -given[number])


@compiled
def to_nearer(network: Network, raw: Singles, given: Singles) -> None:
    """What the edge gives to couples when it gives ``raw`` to single places: the less of the two."""
    for number in range(len(given)):
        given[number] = min(raw[network.couple_one[number]], raw[network.couple_other[number]])


@compiled
def from_both(network: Network, price: Reals, edge: int, given: Singles, out: Reals) -> None:
    """The least that the edge's single end pays by place for reaching both of a couple, into ``out`` ``[place]``."""
    pay = _pay(network, price, edge)
    out[:] = FORBIDDEN
    for number in range(len(given)):
        if abs(given[number]) < DEAD:
            one, other = pay[network.couple_one[number]], pay[network.couple_other[number]]
            for place in range(len(out)):
                out[place] = min(out[place], one[place] + other[place] - given[number])


@compiled
def to_both(network: Network, edge: int, offered: Singles, given: Singles) -> None:
    """The least that the edge gives to each couple, both to be reached, when its single end was handed ``offered``."""
    pay = _pay(network, network.price, edge)
    for number in range(len(given)):
        one, other = pay[network.couple_one[number]], pay[network.couple_other[number]]
        least = FORBIDDEN
        for place in range(len(offered)):
            if offered[place] > -DEAD:
                least = min(least, one[place] + other[place] - offered[place])
        given[number] = least


@compiled
def _pay(network: Network, price: Reals, edge: int) -> Reals:
    """What a copy in place s costs the edge's single end in place l, ``[s, l]``."""
    forth, back, extra = network.forth_gb[edge], network.back_gb[edge], network.extra[network.kind[edge]]
    pay: Reals = forth * price.T + back * price + extra.T
    return pay
