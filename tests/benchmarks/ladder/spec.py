"""What a rung of the ladder is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Quotas = Literal["tight", "mild"]
SHARE_OF_LOAD: Final[dict[str, float]] = {"tight": 0.75, "mild": 0.95}
"""Quota of the busiest cells (place, family) as a share of the load that they would carry without quotas."""
FEWEST_WORKLOADS: Final = 50
FEWEST_PLACES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderSpec:
    """As many datasets as workloads, over ``places``; equal specs make equal problems.

    Raises:
        ValueError: too few workloads or places to hold every structure, or an unknown word for the quotas.
    """

    workloads: int
    places: int = 40
    quotas: Quotas = "mild"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.workloads < FEWEST_WORKLOADS:
            raise ValueError(f"workloads is {self.workloads}; expected {FEWEST_WORKLOADS} or more")
        if self.places < FEWEST_PLACES:
            raise ValueError(f"places is {self.places}; expected {FEWEST_PLACES} or more")
        if self.quotas not in SHARE_OF_LOAD:
            raise ValueError(f"quotas is {self.quotas!r}; expected one of {list(SHARE_OF_LOAD)}")

    @property
    def name(self) -> str:
        """For instance ``ladder_500_tight`` (40 places) or ``ladder_100000_mild_150_places``."""
        places = "" if self.places == 40 else f"_{self.places}_places"
        return f"ladder_{self.workloads}_{self.quotas}{places}"
