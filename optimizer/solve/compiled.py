"""Compiled kernels: the few loops that arrays alone cannot make fast.

Compiled once a machine and kept beside the module (or in the user's cache when that cannot be written). They hold no
interpreter lock, so that threads run them side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])
_REORDERING = {"nsz", "arcp", "contract"}


def compiled(function: Function) -> Function:
    """The function as machine code, compiled when it is first called with new types."""
    return cast("Function", numba.njit(nogil=True, cache=True, boundscheck=False, fastmath=_REORDERING)(function))
