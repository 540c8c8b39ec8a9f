"""The retrieval term: GB read back from colder tiers x price per GB.

``sum over chosen options o of retrieval_micro_usd[o]``, a month.

Example: 500 GB read back at 0.01 USD per GB are 5 USD a month.
"""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("retrieval")
