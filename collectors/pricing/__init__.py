"""Price books: built from source tables, shipped inside the package, loaded and measured for coverage."""

from collectors.pricing.coverage import PriceCoverage, ServiceCoverage, price_coverage
from collectors.pricing.errors import InvalidPriceFile, InvalidPriceSource
from collectors.pricing.load import load_price_book

__all__ = [
    "InvalidPriceFile",
    "InvalidPriceSource",
    "PriceCoverage",
    "ServiceCoverage",
    "load_price_book",
    "price_coverage",
]
