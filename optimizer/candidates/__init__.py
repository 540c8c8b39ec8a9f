"""Candidate generation: where each workload and dataset could live, what that costs, and why not elsewhere."""

from optimizer.candidates.candidate_set import (
    BASES,
    DROP_REASONS,
    ONE_OFF_PARTS,
    RESOURCES,
    CandidateSet,
    DroppedCandidates,
    Refusal,
)
from optimizer.candidates.generate import generate_candidates
from optimizer.candidates.report import GenerationReport, MissingPrice

__all__ = [
    "BASES",
    "DROP_REASONS",
    "ONE_OFF_PARTS",
    "RESOURCES",
    "CandidateSet",
    "DroppedCandidates",
    "GenerationReport",
    "MissingPrice",
    "Refusal",
    "generate_candidates",
]
