"""The unitemised term: monthly costs of which only the total is known, as in the published format.

``sum over chosen options o of unitemised_micro_usd[o]``, a month.

Example: an option of the published format with ``"monthly": "120.50"`` costs 120.50 USD a month.
"""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("unitemised")
