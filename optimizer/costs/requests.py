"""The requests term: PUT, GET and lifecycle transition requests x price per request."""

from __future__ import annotations

from typing import Final

from optimizer.costs.component import ComponentTerm

TERM: Final = ComponentTerm("requests")
