"""The storage term: GB kept by tier and age band x price per GB-month, minimum sizes and overheads included.

``sum over chosen options o of storage_micro_usd[o]``, a month.

Example: 1,000 GB at 0.0125 USD per GB-month are 12.50 USD a month.
"""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("storage")
