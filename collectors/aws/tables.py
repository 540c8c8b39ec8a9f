"""Rows of a reading into its Arrow table, amounts exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from collectors.readings import READING_SCHEMAS, Reading
from collectors.store.schema import DECIMAL_DIGITS, DECIMAL_PLACES

_LARGEST: Final = Decimal(10) ** (DECIMAL_DIGITS - DECIMAL_PLACES)
_ROWS_AT_ONCE: Final = 20_000


def reading_of(
    table: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    unit: str = "current",
    dropped: Mapping[str, int] | None = None,
) -> Reading:
    """All rows of ``table`` as AWS states them now; a column that a row lacks is null.

    Rows are taken some thousands at a time; ``dropped`` is read after the last of them.
    """
    schema = READING_SCHEMAS[table]
    parts = [schema.empty_table()]
    remaining = iter(rows)
    while found := list(islice(remaining, _ROWS_AT_ONCE)):
        parts.append(pa.table({name: [row.get(name) for row in found] for name in schema.names}, schema=schema))
    return Reading(
        table=table,
        unit=unit,
        rows=pa.concat_tables(parts),
        dropped=tuple(sorted((dropped or {}).items())),
    )


def exact(amount: object) -> Decimal | None:
    """A number or its text as a decimal of at most twelve places; None when it is none, or needs more.

    A binary fraction is read by its shortest decimal text.

    >>> exact("0.0230000000"), exact(0.1), exact("many")
    (Decimal('0.023000000000'), Decimal('0.100000000000'), None)
    """
    try:
        found = Decimal(repr(amount) if isinstance(amount, float) else str(amount))
        if not found.is_finite() or abs(found) >= _LARGEST:
            return None
        rounded = found.quantize(Decimal(1).scaleb(-DECIMAL_PLACES))
    except InvalidOperation:
        return None
    return rounded if rounded == found else None
