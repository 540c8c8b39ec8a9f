"""Prices: what the price book covers and what it says."""
