"""What doing a move takes and what can go wrong, graded from facts by stated thresholds."""

from __future__ import annotations

from typing import Final

from optimizer.explain.recommendation import ActionType
from optimizer.explain.recommendation_parts import GRADES, Grade, Operations

LABOUR_USD_LIMITS: Final = (250, 1_500, 8_000, 30_000)
"""Upper limits in USD of labour for very low, low, medium and high effort; above the last it is very high."""

ACTION_RISK: Final[dict[ActionType, int]] = {
    "move_provider": 3,
    "relocate_region": 2,
    "move_dataset": 2,
    "change_service": 3,
    "change_storage_tier": 0,
    "resize": 1,
    "change_purchase": 0,
    "retire_duplicate": 2,
    "add_recovery_copy": 0,
    "start_workload": 1,
}
"""Index into ``GRADES`` of each kind of action on a production system with prices that were seen."""

_RESTARTS: Final[frozenset[ActionType]] = frozenset({"move_provider", "relocate_region", "change_service", "resize"})

_ROLLBACK: Final[dict[ActionType, tuple[bool, str]]] = {
    "move_provider": (True, "keep the old system until the dual run ends, then moving back costs a new migration"),
    "relocate_region": (True, "keep the old system until the dual run ends, then moving back costs a new migration"),
    "move_dataset": (True, "the old copy can serve until it is deleted; afterwards moving back costs its transfer"),
    "change_service": (True, "keep the old service until the dual run ends"),
    "change_storage_tier": (True, "objects can be moved back; retrieval and minimum durations are then charged"),
    "resize": (True, "the old size can be started again"),
    "change_purchase": (False, "a commitment is owed until it ends; on-demand and spot can be changed at any time"),
    "retire_duplicate": (False, "what is deleted is gone; restore it from the dataset that it duplicates"),
    "add_recovery_copy": (True, "the copy can be deleted; minimum durations are then charged"),
    "start_workload": (True, "what is new can be stopped"),
}


def operations_of(
    *,
    action_type: ActionType,
    labour_micro_usd: int,
    environment: str,
    confidence: str,
    may_save_nothing: bool,
    purchase: str,
) -> Operations:
    """Effort from the labour of the move; risk from the action, the environment and the prices.

    Risk starts at ``ACTION_RISK``, one grade lower outside production, one higher when the worst price used is
    ``estimated`` or ``low`` or when the saving may be nothing.
    """
    labour_usd = labour_micro_usd / 1_000_000
    effort: Grade = GRADES[sum(labour_usd > limit for limit in LABOUR_USD_LIMITS)]
    grade, reasons = ACTION_RISK[action_type], [f"{action_type.replace('_', ' ')} in {environment or 'production'}"]
    if environment and environment != "production":
        grade -= 1
    if confidence in ("estimated", "low"):
        grade += 1
        reasons.append(f"rests on {confidence} prices")
    if may_save_nothing:
        grade += 1
        reasons.append("may save nothing")
    rollback_possible, rollback = _ROLLBACK[action_type]
    if action_type == "change_purchase" and not purchase.startswith("committed"):
        rollback_possible = True
    return Operations(
        effort=effort,
        effort_because=f"labour of ${labour_usd:,.0f}",
        risk=GRADES[min(max(grade, 0), len(GRADES) - 1)],
        risk_because=", ".join(reasons),
        restart_needed=action_type in _RESTARTS,
        rollback_possible=rollback_possible,
        rollback=rollback,
    )
