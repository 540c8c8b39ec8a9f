"""Checking a policy that came with an order, before the run is queued."""

from __future__ import annotations

from api.errors import InvalidRequest


def check_policy(text: str) -> None:
    """Refuse a policy with a mistake, naming line and key of each.

    Raises:
        InvalidRequest: the text is no policy.
    """
