"""How wrong a figure may be: the half-width of the band around it, by confidence."""

from __future__ import annotations

from typing import Final

PRICE_ERROR_RATIO: Final = (0.0, 0.02, 0.10, 0.25)
"""By index of ``optimizer.pricing.CONFIDENCES``: seen on a list, derived, scaled from another place, weak evidence."""

ACCESS_LOW_RATIO: Final = 0.5
ACCESS_HIGH_RATIO: Final = 2.0
"""Requests and retrieval next year against those measured: access to old data is the least steady of all quantities."""
