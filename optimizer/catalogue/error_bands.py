"""How wrong a figure may be: the half-width of the band around it, by confidence."""

from __future__ import annotations

from typing import Final

PRICE_ERROR_RATIO: Final = (0.0, 0.02, 0.10, 0.25)
"""By index of ``optimizer.pricing.CONFIDENCES``: seen on a list, derived, scaled from another place, weak evidence."""

SPOT_REWORK_RATIO: Final = 1.1
"""Machine-hours on spot per hour on demand: interrupted work is done again. Vendors publish monthly interruption rates
from under 5 % to over 20 % by size and region, without their loss of work: an estimate.
"""

ACCESS_LOW_RATIO: Final = 0.5
ACCESS_HIGH_RATIO: Final = 2.0
"""Requests and retrieval next year against those measured: access to old data is the least steady of all quantities."""
