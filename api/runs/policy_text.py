"""Checking a policy that came with an order, before the run is queued."""

from __future__ import annotations

from api.errors import InvalidRequest
from api.prices.book import shipped_book
from optimizer.domain.policy_file import InvalidPolicyFile, parse_policy


def check_policy(text: str) -> None:
    """Refuse a policy with a mistake, naming line and key of each.

    Raises:
        InvalidRequest: the text is no policy, or names a place or jurisdiction that the price book does not know.
    """
    places = shipped_book().places
    jurisdictions = {name for place in places for name in place.jurisdictions}
    try:
        parse_policy(
            text, file="policy", known_place_ids=[place.id for place in places], known_jurisdictions=jurisdictions
        )
    except InvalidPolicyFile as refusal:
        faults = [
            {
                "location": f"body.policy, line {each.line}: {each.key}",
                "detail": f"expected {each.expected}; {each.fix}",
            }
            for each in refusal.problems
        ]
        raise InvalidRequest(f"{faults[0]['location']}: {faults[0]['detail']}", errors=faults) from refusal
