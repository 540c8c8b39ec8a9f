"""Explanations: what a verified plan changes, what each change is worth, and why nothing cheaper was chosen."""

from optimizer.explain.explanation import Explanation, SavingSummary, StayExplained, explain
from optimizer.explain.infeasible import InfeasibilityExplained, explain_infeasible
from optimizer.explain.ledger import Ledger, LedgerLine
from optimizer.explain.recommendation import ACTION_TYPES, Recommendation
from optimizer.explain.rule_prices import Resolve, RulePrice

__all__ = [
    "ACTION_TYPES",
    "Explanation",
    "InfeasibilityExplained",
    "Ledger",
    "LedgerLine",
    "Recommendation",
    "Resolve",
    "RulePrice",
    "SavingSummary",
    "StayExplained",
    "explain",
    "explain_infeasible",
]
