"""Builds the estate: what runs and what is kept, where, and what each costs on the bill."""

from collectors.estate.build import build_estate
from collectors.estate.classify import COMPONENTS, ChargeKind, component_of, vendor_of
from collectors.estate.errors import EstateBuildError, NoCompleteMonth
from collectors.estate.outcome import UNMATCHED_REASONS, EstateBuild, EstateOddity, ForeignCost, UnmatchedCost

__all__ = [
    "COMPONENTS",
    "UNMATCHED_REASONS",
    "ChargeKind",
    "EstateBuild",
    "EstateBuildError",
    "EstateOddity",
    "ForeignCost",
    "NoCompleteMonth",
    "UnmatchedCost",
    "build_estate",
    "component_of",
    "vendor_of",
]
