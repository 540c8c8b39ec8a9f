"""What a query's rows are recognised by when the same rows come again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping


def fingerprint_of(unit: str, rows: Iterable[Mapping[str, object]]) -> str:
    """A hash of the unit that was asked for and of its rows, whatever their order.

    >>> fingerprint_of("2025-01-02", [{"A": 1}, {"A": 2}]) == fingerprint_of("2025-01-02", [{"A": 2}, {"A": 1}])
    True
    """
    cells = sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
    return hashlib.sha256(json.dumps([unit, cells]).encode()).hexdigest()
