"""The retrieval term: GB read back from colder tiers x price per GB."""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("retrieval")
