"""Splits a whole amount by shares so that the parts are whole and add up to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def apportioned(shares: npt.NDArray[np.float64], *, total: int) -> npt.NDArray[np.int64]:
    """Whole parts near the shares that add up to ``total`` exactly, int64 ``[share]``.

    Each share is rounded down, what is left over goes out one by one in the order of the largest remainders (ties: the
    earlier share first), so no part is off by 1 or more while the shares themselves add up to ``total``.

    >>> apportioned(np.array([1.5, 1.5, -0.25]), total=3).tolist()
    [2, 1, 0]

    Raises:
        ValueError: there is no share but something to split.
    """
    if len(shares) == 0:
        if total:
            raise ValueError(f"{total} cannot be split among nobody; expected at least one share")
        return np.zeros(0, dtype=np.int64)
    parts = np.floor(shares).astype(np.int64)
    left_over = total - int(parts.sum())
    everyone, some = divmod(left_over, len(shares))
    parts += everyone
    parts[np.argsort(-(shares - np.floor(shares)), kind="stable")[:some]] += 1
    return parts
