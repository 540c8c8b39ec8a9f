"""Recommendations as rows: the whole object as JSON, beside it the columns that lists filter and sort by."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, Final

from optimizer.explain.recommendation import Recommendation

# Facts that change every night without changing what is advised: no new revision for them.
UNREVISED_EVIDENCE: Final = ("price_snapshot_id", "data_as_of_on", "billing_months")
SEPARATOR: Final = "\x1f"


def advice_row(recommendation: Recommendation, *, run_id: str, answer_id: str) -> dict[str, Any]:
    """The row of ``advice`` that stores a recommendation."""
    body = _json_ready(recommendation)
    return {
        "answer_id": answer_id,
        "recommendation_id": recommendation.id,
        "run_id": run_id,
        "target_key": target_key(recommendation),
        "action_type": recommendation.action_type,
        "kind": recommendation.targets[0].kind,
        "provider": recommendation.recommended.provider,
        "business_unit": recommendation.scope.business_unit,
        "title": recommendation.title,
        "priority": recommendation.priority,
        "saving_monthly_micro_usd": recommendation.money.savings.expected_micro_usd,
        "payback_months": recommendation.money.payback_months,
        "content_sha256": content_sha256(body),
        "body": body,
    }


def target_key(recommendation: Recommendation) -> str:
    """What is moved: two recommendations with one key advise about the same thing."""
    return SEPARATOR.join(sorted(target.node_id for target in recommendation.targets))


def content_sha256(body: dict[str, Any]) -> str:
    """Digest of what a reviewer decides about."""
    evidence = {key: value for key, value in body["evidence"].items() if key not in UNREVISED_EVIDENCE}
    text = json.dumps({**body, "evidence": evidence}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _json_ready(value: Any) -> Any:
    """One pass over dataclasses, tuples and dates; several times as fast as ``dataclasses.asdict``, which copies."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_json_ready(member) for member in value]
    if isinstance(value, date):
        return value.isoformat()
    return {name: _json_ready(getattr(value, name)) for name in value.__dataclass_fields__}
