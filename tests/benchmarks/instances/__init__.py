"""Benchmarks of the optimizer: every module here holds a tuple ``INSTANCES`` (see ``tests.benchmarks.registry``)."""
