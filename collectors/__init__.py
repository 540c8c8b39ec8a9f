"""Collects what a company pays its clouds: bills in FOCUS form, prices, and the estate they describe."""
