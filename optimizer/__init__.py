"""Placement as an optimisation problem: vocabulary, candidates, rules, cost terms, model, solvers, explanations.

Pure: nothing here reads a clock, a disk, a network, a database or a setting.
"""
