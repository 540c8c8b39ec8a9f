"""Errors that only Google Cloud can cause.

ProviderError
├── QueryRefused               BigQuery will not run a query as it stands (Terminal)
└── RowsLost                   a month of an export that only grows has fewer rows than before (Terminal)
"""

from __future__ import annotations

from collectors.errors import ProviderError, Terminal


class QueryRefused(ProviderError, Terminal):
    """BigQuery will not run a query as it stands: it would scan more than the connection allows, or is not valid."""


class RowsLost(ProviderError, Terminal):
    """A month of an export that only grows has fewer rows than before; what was stored of it stays."""
