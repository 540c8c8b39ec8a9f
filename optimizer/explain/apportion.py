"""Splits a whole amount by shares so that the parts are whole and add up to it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_FLOAT_ERROR_RATIO: Final = 1e-9


def apportioned(shares: npt.NDArray[np.float64], *, total: int) -> npt.NDArray[np.int64]:
    """Whole parts near the shares that add up to ``total`` exactly, int64 ``[share]``.

    Each share is rounded down, what is left over goes out one by one in the order of the largest remainders (ties: the
    earlier share first), so no part is off by 1 or more while the shares themselves add up to ``total``.

    >>> apportioned(np.array([1.5, 1.5, -0.25]), total=3).tolist()
    [2, 1, 0]

    Raises:
        ValueError: the shares do not add up to ``total`` (by more than rounding), so splitting would hide an error.
    """
    off = abs(float(shares.sum()) - total)
    if off > len(shares) + _FLOAT_ERROR_RATIO * float(np.abs(shares).sum()):
        raise ValueError(f"shares add up to {float(shares.sum()):.3f}; expected {total}")
    if len(shares) == 0:
        return np.zeros(0, dtype=np.int64)
    parts = np.floor(shares).astype(np.int64)
    left_over = total - int(parts.sum())
    everyone, some = divmod(left_over, len(shares))
    parts += everyone
    parts[np.argsort(-(shares - np.floor(shares)), kind="stable")[:some]] += 1
    return parts
