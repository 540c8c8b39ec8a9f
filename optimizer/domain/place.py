"""Places: a provider's region as somewhere work and data can live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from optimizer.errors import InvalidPlace

CONTINENTS: Final = ("AF", "AS", "EU", "ME", "NA", "OC", "SA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A provider's region. ``id`` names it everywhere, for instance ``aws:us-east-1``.

    ``jurisdictions`` are the legal areas the region lies in: its ISO 3166 country and the blocs that the country
    belongs to, for instance ``("DE", "EU", "EEA")``.
    """

    id: str
    provider: str
    region: str
    continent: str
    jurisdictions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("id", "provider", "region"):
            if not getattr(self, name):
                raise InvalidPlace(f"place {self.id!r}: {name} is empty; give it a name such as 'aws:us-east-1'")
        if len(set(self.jurisdictions)) != len(self.jurisdictions):
            raise InvalidPlace(f"place {self.id!r}: a jurisdiction is listed twice: {list(self.jurisdictions)}")
