"""The compute term: machines, warehouses, functions: hours x price per hour, credits x price per credit.

``sum over chosen options o of compute_micro_usd[o]``, a month.

Example: 2 machines x 730 hours at 0.192 USD an hour are 280.32 USD a month.
"""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("compute")
