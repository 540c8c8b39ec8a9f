"""Where everything runs today, and where it could run at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tests.benchmarks.ladder.estate import FAMILIES, NO_APPLICATION, Bools, Estate, Ints
from tests.benchmarks.ladder.market import Market

SHARE_OF_PLACES_WITH_SERVICE: Final = 0.85
SHARE_OF_PLACES_NEAR_CONSUMERS: Final = 0.8
NOT_RUNNING: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Today:
    """``place`` is int64 ``[node]``, -1 for replicas that do not run yet; ``reach`` bool ``[node, place]`` says where a
    node has candidates, its own place among them; ``allowed`` of that shape leaves out what a rule will forbid.
    """

    place: Ints
    reach: Bools
    allowed: Bools


def draw_today(rng: np.random.Generator, estate: Estate, market: Market) -> Today:
    """Applications sit together in one of a few favoured places; services and consumers narrow the choice."""
    popularity = np.log(rng.dirichlet(np.full(len(market.places), 0.3)) + 1e-12)
    taste = popularity + rng.gumbel(size=estate.applications.allowed.shape)
    home = np.where(estate.applications.allowed, taste, -np.inf).argmax(axis=1)
    place = np.where(estate.node_app == NO_APPLICATION, popularity.argmax(), home[estate.node_app])
    nodes = np.arange(estate.workloads + estate.datasets)
    reach = estate.offered()
    narrowed = reach[: estate.workloads] & _with_service(rng, estate, market)
    narrowed &= rng.random(narrowed.shape) < SHARE_OF_PLACES_NEAR_CONSUMERS
    reach[: estate.workloads] = narrowed
    reach[nodes, place[nodes]] = True
    place[len(nodes) :] = NOT_RUNNING
    return Today(place=place, reach=reach, allowed=reach & estate.allowed())


def _with_service(rng: np.random.Generator, estate: Estate, market: Market) -> Bools:
    """Places that offer the service of each workload, ``[workload, place]``."""
    has = rng.random((len(market.places), len(FAMILIES))) < SHARE_OF_PLACES_WITH_SERVICE
    return has[:, estate.family].T
