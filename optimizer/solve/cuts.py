"""Rows broken by less than a solver's tolerance, cut off exactly.

A solver accepts ``sum c x <= u`` within about a millionth of the row's scale. A plan that breaks a row by less is no
plan. With ``P`` its chosen options of positive and ``N`` the unchosen options of negative coefficient, every plan that
keeps the row drops one of ``P`` or takes one of ``N``::

    sum_{P} x - sum_{N} x <= |P| - 1

These are whole numbers, which tolerances cannot blur; the bound of the model with cuts is a bound of the problem.
Example: amounts 0.1 and 0.2 under 0.29999999 give ``x1 + x2 <= 1``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import ROW_TOLERANCE_RATIO, PlacementModel, Row


def tightened(model: PlacementModel, slack_ratio: float) -> PlacementModel:
    """The model with every row's bound lowered by that share of its scale."""
    rows = tuple(dataclasses.replace(row, upper=row.upper - slack_ratio * row.scale) for row in model.rows)
    return dataclasses.replace(model, rows=rows)


def cut_off(model: PlacementModel, chosen: npt.NDArray[np.int64], broken: Collection[str]) -> PlacementModel | None:
    """The model with a cut for every row that the choice breaks; None when it breaks none.

    ``broken`` names the rules that a plain evaluation of the plan found broken: where a rule has one row, its word
    decides, since the row's own coefficients may be rounded. Rows that are not even full are never cut: a cut there
    could cut off good plans.
    """
    cuts = [
        _cut(row, chosen)
        for row in model.rows
        if row.name in broken
        and _is_full(row, chosen)
        and (_rows_named(model, row.name) == 1 or _is_broken(row, chosen))
    ]
    return dataclasses.replace(model, rows=(*model.rows, *cuts)) if cuts else None


def _rows_named(model: PlacementModel, name: str) -> int:
    return sum(row.name == name for row in model.rows)


def _is_full(row: Row, chosen: npt.NDArray[np.int64]) -> bool:
    """Up to the tolerance within which solvers take a row as kept."""
    return row.weight(chosen) >= row.upper - ROW_TOLERANCE_RATIO * row.scale


def _is_broken(row: Row, chosen: npt.NDArray[np.int64]) -> bool:
    """Exactly, in the decimals that the coefficients were written in."""
    counted = row.coefficient[np.isin(row.option, chosen)].tolist()
    return sum((Decimal(repr(value)) for value in counted), Decimal(0)) > Decimal(repr(float(row.upper)))


def _cut(row: Row, chosen: npt.NDArray[np.int64]) -> Row:
    taken = np.isin(row.option, chosen)
    dropped, added = taken & (row.coefficient > 0), ~taken & (row.coefficient < 0)
    return Row(
        name=f"{row.name} (cut)",
        option=np.concatenate([row.option[dropped], row.option[added]]),
        coefficient=np.concatenate([np.ones(int(dropped.sum())), -np.ones(int(added.sum()))]),
        upper=float(dropped.sum()) - 1.0,
    )
