"""Which kind of action a change of placement is."""

from __future__ import annotations

from optimizer.explain.placement import RETIRED
from optimizer.explain.recommendation import ActionType
from optimizer.explain.recommendation_parts import Placement


def action_type_of(current: Placement | None, recommended: Placement, *, is_dataset: bool) -> ActionType:
    """The widest thing that changes names the action: provider, then region, service, tier, size, purchase."""
    if current is None:
        return "add_recovery_copy" if is_dataset else "start_workload"
    if recommended.service_name == RETIRED:
        return "retire_duplicate"
    if recommended.place_id != current.place_id:
        if is_dataset:
            return "move_dataset"
        return "move_provider" if recommended.host_provider != current.host_provider else "relocate_region"
    if recommended.service_name != current.service_name:
        return "change_service"
    if is_dataset:
        return "change_storage_tier"
    return "resize" if recommended.sku != current.sku else "change_purchase"
