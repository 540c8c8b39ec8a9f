"""A recommendation: one change of placement that a person can review, with everything needed to decide about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from optimizer.explain.recommendation_parts import (
    AlternativePlacement,
    Evidence,
    Feasibility,
    Money,
    Operations,
    Placement,
    Relations,
    Scope,
    Target,
)

ActionType = Literal[
    "move_provider",
    "relocate_region",
    "move_dataset",
    "change_service",
    "change_storage_tier",
    "resize",
    "change_purchase",
    "retire_duplicate",
    "add_recovery_copy",
    "start_workload",
]
Priority = Literal["P1", "P2", "P3", "P4"]

ACTION_TYPES: Final[tuple[ActionType, ...]] = (
    "move_provider",
    "relocate_region",
    "move_dataset",
    "change_service",
    "change_storage_tier",
    "resize",
    "change_purchase",
    "retire_duplicate",
    "add_recovery_copy",
    "start_workload",
)
DESCRIPTION_LENGTH: Final = 500
ID_LENGTH: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One change of placement. ``current`` is None for something that does not run yet (a demanded recovery copy).

    ``id`` depends on what is moved from where to where and on nothing else, so the same advice of two nights has the
    same id (``recommendation_id``). The run that produced it is recorded by whoever stores it.
    """

    id: str
    action_type: ActionType
    title: str
    description: str
    priority: Priority
    scope: Scope
    targets: tuple[Target, ...]
    current: Placement | None
    recommended: Placement
    money: Money
    feasibility: Feasibility
    operations: Operations
    relations: Relations
    alternatives: tuple[AlternativePlacement, ...]
    evidence: Evidence


def recommendation_id(
    *, scope: Scope, targets: tuple[Target, ...], action_type: str, current: Placement | None, recommended: Placement
) -> str:
    """First 20 hexadecimal digits of the SHA-256 of scope keys, action type, source and target placement.

    Owner and tags that people correct by hand are not part of it; billing account, sub-account and node ids are.
    """
    keys = (
        scope.billing_account_id,
        scope.sub_account_id,
        *(target.node_id for target in targets),
        action_type,
        *_placement_keys(current),
        *_placement_keys(recommended),
    )
    return hashlib.sha256("\x1f".join(keys).encode()).hexdigest()[:ID_LENGTH]


def _placement_keys(placement: Placement | None) -> tuple[str, ...]:
    if placement is None:
        return ("not running",)
    return (
        placement.provider,
        placement.place_id,
        placement.service_name,
        placement.sku,
        placement.tier,
        placement.purchase,
    )
