"""Residency: statements about jurisdictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.filters.areas import judge_areas
from optimizer.candidates.filters.filter import Filter, Marked


def _prepare(context: Context) -> Callable[[Block], Marked]:
    return judge_areas(context, (rule for rule in context.policy.areas if rule.area.jurisdictions))


RESIDENCY: Final = Filter(reason="residency", keeps_candidate=True, prepare=_prepare)
