"""Names as integers, in the order in which they were first met."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


class Vocabulary:
    """Grows while candidates are made; code 0 is the empty name."""

    __slots__ = ("_codes", "_names")

    def __init__(self) -> None:
        self._names: list[str] = [""]
        self._codes: dict[str, int] = {"": 0}

    def code(self, name: str) -> int:
        """Code of ``name``, new when it was never met."""
        found = self._codes.get(name)
        if found is None:
            found = self._codes[name] = len(self._names)
            self._names.append(name)
        return found

    def codes(self, names: Iterable[str]) -> npt.NDArray[np.int32]:
        """Code of every name, int32."""
        return np.array([self.code(name) for name in names], dtype=np.int32)

    @property
    def names(self) -> tuple[str, ...]:
        """All names by code."""
        return tuple(self._names)


class Names:
    """The vocabularies of one run of the generator."""

    __slots__ = ("purchases", "services", "skus", "tiers")

    def __init__(self) -> None:
        self.services = Vocabulary()
        self.skus = Vocabulary()
        self.tiers = Vocabulary()
        self.purchases = Vocabulary()
