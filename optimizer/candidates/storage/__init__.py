"""Candidates of datasets: a place and the best lifecycle over its tiers, found exactly."""
