"""Amounts at the edge: integer micro-USD inside, decimal strings in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import PlainSerializer, WithJsonSchema

from optimizer.units import usd

MICRO: Final = "_micro_usd"

UsdText = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{6}$", "examples": ["1250.500000"]}),
]


def optional_usd(amount_micro_usd: int | None) -> Decimal | None:
    """The amount in USD; None stays None, because unknown is not zero."""
    return None if amount_micro_usd is None else usd(amount_micro_usd)


def in_usd(stored: Any) -> Any:
    """The same JSON value with every ``*_micro_usd`` member turned into ``*_usd``, a decimal, at every depth."""
    if isinstance(stored, Mapping):
        return {
            (key.removesuffix(MICRO) + "_usd" if key.endswith(MICRO) else key): (
                optional_usd(value) if key.endswith(MICRO) else in_usd(value)
            )
            for key, value in stored.items()
        }
    if isinstance(stored, list | tuple):
        return [in_usd(value) for value in stored]
    return stored
