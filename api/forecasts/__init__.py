"""Forecasts: twelve months of spend with and without the plan of a run."""
