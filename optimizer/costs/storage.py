"""The storage term: GB kept by tier and age band x price per GB-month, minimum sizes and overheads included."""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("storage")
