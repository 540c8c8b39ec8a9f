"""The compute term: machines, warehouses, functions: hours x price per hour, credits x price per credit."""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("compute")
