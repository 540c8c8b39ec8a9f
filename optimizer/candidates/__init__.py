"""Candidate generation: what could stand in for what, where, and for how much."""
