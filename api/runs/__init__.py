"""Runs: one request to optimize an estate, its progress and its answer."""
