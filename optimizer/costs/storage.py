"""The storage term: GB kept, by tier and age band, at each tier's price per GB-month with minimum sizes and overheads."""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("storage")
