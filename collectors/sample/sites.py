"""Who owns a thing, how it is classified, and where it stands today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from collectors.sample.draws import Draws
from collectors.sample.geography import is_legal, provider_of, usable_places
from collectors.sample.organisation import (
    BUSINESS_UNITS,
    DATA_CLASSES,
    ENVIRONMENTS,
    is_critical,
    owner_of,
)
from optimizer.errors import MissingPrice

FIRST_HOME_RATIO: Final = 0.8
"""How many things stand in the most used place of their provider; the rest was put into the second for reasons that
nobody remembers."""
GROUP_JURISDICTION: Final = "US"
"""Where the group buys what a unit's own part of the world does not sell."""
DOWNGRADED_CLASS: Final = "confidential"
"""What is no longer called critical when its owner works on a cloud that has no place in the legal area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Owner, class and place of one thing."""

    business_unit: str
    jurisdiction: str
    environment: str
    data_class: str
    place: str

    @property
    def tags(self) -> dict[str, Any]:
        """The columns that workloads and datasets share."""
        return {
            "place": self.place,
            "business_unit": self.business_unit,
            "environment": self.environment,
            "data_class": self.data_class,
            "jurisdiction": self.jurisdiction,
            "owner": owner_of(self.business_unit),
        }

    @property
    def is_critical(self) -> bool:
        """Whether residency and recovery rules hold for it."""
        return is_critical(self.data_class)


def draw_sites(
    draws: Draws, count: int, providers: dict[str, float], sold_at: Callable[[str], bool] = lambda place: True
) -> list[Site]:
    """``count`` sites: business units by activity, classes and providers in their ratios, places near the owner.

    ``sold_at`` says where the thing can be bought. A unit that has no such place of the drawn provider in reach takes
    another provider of ``providers``, and in the end the group's main places. Critical things stand in their legal
    area whenever the thing is sold there.
    """
    units = draws.spread({unit: unit.activity_ratio for unit in BUSINESS_UNITS}, count)
    classes = draws.spread(DATA_CLASSES, count)
    environments = draws.spread(ENVIRONMENTS, count)
    wanted = draws.spread(providers, count)
    sites = []
    for unit, data_class, environment, provider in zip(units, classes, environments, wanted, strict=True):
        home = usable_places(unit.jurisdiction, tuple(providers))
        places = [place for place in home if sold_at(place)] or [
            place for place in usable_places(GROUP_JURISDICTION, tuple(providers)) if sold_at(place)
        ]
        own = [place for place in places if provider_of(place) == provider] or places
        if is_critical(data_class):
            legal = [place for place in dict.fromkeys((*own, *places)) if is_legal(unit.jurisdiction, place)]
            own, data_class = (legal, data_class) if legal else (own, DOWNGRADED_CLASS)
        if not own:
            raise MissingPrice(
                f"the price book sells it at none of {home}; the sample estate needs prices at its own places"
            )
        first = draws.between(0, 1) < FIRST_HOME_RATIO
        sites.append(
            Site(
                business_unit=unit.name,
                jurisdiction=unit.jurisdiction,
                environment=environment,
                data_class=data_class,
                place=own[0] if first or len(own) == 1 else own[1],
            )
        )
    return sites


def scaled_count(count: int, scale: float) -> int:
    """A count at another scale: at least one, so that every kind of thing exists at every scale."""
    return max(1, round(count * scale))
