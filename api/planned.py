"""Everything between the bills and the answer, for those who look closer: notebooks, what-ifs, exports."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.estate import EstateBuild
from optimizer.candidates import CandidateSet
from optimizer.domain.policy import Policy
from optimizer.explain.explanation import Explanation
from optimizer.plan import Outcome
from optimizer.pricing import PriceBook
from optimizer.problem.problem import Problem
from optimizer.verify import VerifiedPlan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """One run, stage by stage; ``verified`` and ``explanation`` are there when a plan was found."""

    build: EstateBuild
    prices: PriceBook
    policy: Policy
    candidates: CandidateSet
    problem: Problem
    outcome: Outcome
    verified: VerifiedPlan | None
    explanation: Explanation | None
    monthly_history_micro_usd: tuple[tuple[str, int], ...]
    input_fingerprint: str
