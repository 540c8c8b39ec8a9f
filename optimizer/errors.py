"""Errors of the optimizer.

OptimizerError
├── InvalidPlace           a place whose fields contradict each other
├── InvalidEstate          an estate that refers to what it does not hold
├── InvalidPolicy          a policy statement that cannot be meant
│   └── InvalidPolicyFile  every mistake of a policy file, each with its line (optimizer.domain.policy_file)
├── InvalidTomlFile        the same for any file that people edit (optimizer.domain.located_toml)
├── InvalidPriceBook       price rows that contradict each other (optimizer.pricing.errors)
├── InvalidProblem         a problem that breaks the published format or its own index
├── InvalidPlan            a plan that does not belong to its problem
├── UnknownPlace           a place id that the price book does not know
└── MissingPrice           a price that is needed and not in the book
"""

from __future__ import annotations


class OptimizerError(Exception):
    """Root of every error raised by this package."""


class InvalidPlace(OptimizerError):
    """A place whose fields contradict each other."""


class InvalidEstate(OptimizerError):
    """An estate that refers to what it does not hold."""


class InvalidPolicy(OptimizerError):
    """A policy statement that cannot be meant, with the name of the statement."""


class InvalidProblem(OptimizerError):
    """A problem that breaks the published format; ``path`` is the JSON path of the offending field."""

    def __init__(self, message: str, *, path: str = "$") -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class InvalidPlan(OptimizerError):
    """A plan that does not belong to its problem; ``path`` is the JSON path of the offending field."""

    def __init__(self, message: str, *, path: str = "$") -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class UnknownPlace(OptimizerError):
    """A place id that the price book does not know."""


class MissingPrice(OptimizerError):
    """A price that is needed and not in the book: never taken as zero."""
