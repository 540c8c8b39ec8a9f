"""Which nodes a selector is about and which places an area holds, for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from optimizer.candidates.nodes import Nodes
from optimizer.domain.estate import Workload
from optimizer.domain.place import Place
from optimizer.domain.policy import Area, Selector


class NodeFacts:
    """What selectors ask about, as one object array ``[node]`` per field; a demanded copy has its primary's facts."""

    __slots__ = ("_columns", "_count")

    def __init__(self, nodes: Nodes) -> None:
        things = nodes.things
        tags = [thing.tags for thing in things]
        columns = {
            "kinds": ["workload" if isinstance(thing, Workload) else "dataset" for thing in things],
            "ids": [thing.id for thing in things],
            "business_units": [tag.business_unit for tag in tags],
            "data_classes": [tag.data_class for tag in tags],
            "jurisdictions": [tag.jurisdiction for tag in tags],
            "environments": [tag.environment for tag in tags],
            "roles": [thing.role if isinstance(thing, Workload) else "object_storage" for thing in things],
            "services": [thing.service for thing in things],
        }
        self._count = len(things)
        self._columns = {name: np.array(values, dtype=np.str_) for name, values in columns.items()}

    def selected_by(self, selector: Selector) -> npt.NDArray[np.bool_]:
        """Mask ``[node]``, the same as ``Selector.selects`` on every node."""
        mask = np.ones(self._count, dtype=bool)
        for name, column in self._columns.items():
            wanted = getattr(selector, name)
            if wanted:
                mask &= np.isin(column, wanted)
        return mask


def places_in(area: Area, places: Sequence[Place]) -> npt.NDArray[np.bool_]:
    """Mask ``[place]`` of those with any of the area's places, providers, continents or jurisdictions."""
    wanted = set(area.jurisdictions)
    return np.array(
        [
            place.id in area.places
            or place.provider in area.providers
            or place.continent in area.continents
            or not wanted.isdisjoint(place.jurisdictions)
            for place in places
        ],
        dtype=bool,
    )
