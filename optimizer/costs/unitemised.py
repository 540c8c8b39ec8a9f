"""The unitemised term: monthly costs of which only the total is known, as in the published format."""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("unitemised")
