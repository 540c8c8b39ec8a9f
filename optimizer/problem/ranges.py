"""Ranges end to end: the entries of many nodes, flows or cells in one array, without a loop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def end_to_end(first: npt.NDArray[np.integer], count: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """``first[0], first[0] + 1, ..`` (``count[0]`` of them), then those of the next range, and so on.

    >>> end_to_end(np.array([5, 0, 8]), np.array([2, 0, 3])).tolist()
    [5, 6, 8, 9, 10]
    """
    before = np.cumsum(count) - count
    return np.repeat(first - before, count) + np.arange(int(count.sum()))
