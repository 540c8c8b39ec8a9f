"""Filters in the order in which they judge: what cannot be or has no price falls first, then what another candidate
makes pointless, then what a rule refuses is recorded."""

from typing import Final

from optimizer.candidates.filters.capability import CAPABILITY
from optimizer.candidates.filters.dominated import DOMINATED
from optimizer.candidates.filters.filter import Filter
from optimizer.candidates.filters.latency_to_consumers import LATENCY_TO_CONSUMERS
from optimizer.candidates.filters.priced import PRICED
from optimizer.candidates.filters.provider_policy import PROVIDER_POLICY
from optimizer.candidates.filters.residency import RESIDENCY

FILTERS: Final[tuple[Filter, ...]] = (
    CAPABILITY,
    PRICED,
    DOMINATED,
    RESIDENCY,
    PROVIDER_POLICY,
    LATENCY_TO_CONSUMERS,
)

__all__ = ["FILTERS", "Filter"]
