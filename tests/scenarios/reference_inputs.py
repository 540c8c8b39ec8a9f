"""The shipped price book and policy over an estate that has something in every corner that the library talks about."""

from __future__ import annotations

from functools import cache

from collectors.policies import REFERENCE_POLICY_FILE, load_reference_policy_text
from collectors.pricing import load_price_book
from optimizer.domain.estate import BilledMonth, Tags
from optimizer.domain.policy_file import parse_policy
from scenarios.inputs import PlanningInputs
from tests.candidates.estates import dataset, estate, workload


@cache
def reference_inputs() -> PlanningInputs:
    """A machine in aws:us-east-1 and regulated data of a German entity in aws:eu-central-1."""
    prices = load_price_book()
    policy = parse_policy(
        load_reference_policy_text(),
        file=REFERENCE_POLICY_FILE,
        known_place_ids=[place.id for place in prices.places],
        known_jurisdictions={name for place in prices.places for name in place.jurisdictions},
    )
    internal = Tags(business_unit="markets", environment="production", data_class="internal", jurisdiction="US")
    confidential = Tags(business_unit="markets", environment="test", data_class="confidential", jurisdiction="US")
    regulated = Tags(business_unit="retail", environment="production", data_class="regulated", jurisdiction="DE")
    given = estate(
        workload(id="engine", tags=internal, billed=BilledMonth(compute_micro_usd=900_000_000)),
        dataset(id="notes", tags=confidential),
        dataset(id="ledger", tags=regulated, place_id="aws:eu-central-1"),
    )
    return PlanningInputs(estate=given, prices=prices, policy=policy)
