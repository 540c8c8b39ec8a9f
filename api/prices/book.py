"""The price book that the service answers from: the shipped one, loaded once a process."""

from __future__ import annotations

from functools import lru_cache

from collectors.pricing import PriceCoverage, load_price_book, price_coverage
from optimizer.pricing.book import PriceBook


@lru_cache(maxsize=1)
def shipped_book() -> PriceBook:
    """The embedded price book; immutable, so that every request may share it."""
    return load_price_book()


@lru_cache(maxsize=1)
def shipped_coverage() -> PriceCoverage:
    """Coverage of the embedded price book."""
    return price_coverage(shipped_book())
