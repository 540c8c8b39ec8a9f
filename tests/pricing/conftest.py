"""The embedded book, read once."""

from __future__ import annotations

import pytest

from collectors.pricing import load_price_book
from optimizer.pricing import PriceBook


@pytest.fixture(scope="session")
def embedded() -> PriceBook:
    return load_price_book()
