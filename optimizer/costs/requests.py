"""The requests term: PUT, GET and lifecycle transition requests x price per request.

``sum over chosen options o of requests_micro_usd[o]``, a month.

Example: 2,000,000 GET at 0.0004 USD per thousand are 0.80 USD a month.
"""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("requests")
