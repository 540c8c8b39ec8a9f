"""Planning inputs small enough to check by hand: two machines and a lake, three places, round prices."""

from __future__ import annotations

from typing import Any

from optimizer.domain.estate import BilledMonth, Flow, Tags
from optimizer.domain.policy import Policy
from scenarios.inputs import PlanningInputs
from tests.candidates.books import EAST, PARIS, WEST, add_machines, add_storage, book_with_transfer
from tests.candidates.estates import band, dataset, demand, estate, policy, workload

BOOK = add_storage(add_machines(book_with_transfer())).book()
USD = 10**6
MARKETS, RISK = Tags(business_unit="markets", jurisdiction="US"), Tags(business_unit="risk", jurisdiction="FR")


def inputs(**policy_changes: Any) -> PlanningInputs:
    """``engine`` (EAST, 320 USD, m5.xlarge would do for 80, D4s_v5 at WEST for 60) reads ``lake`` (EAST, 20 USD).

    ``reports`` (PARIS, 300 USD) belongs to another business unit and reads nothing.
    """
    given_policy: Policy = policy(
        **{"candidate_places": (EAST, WEST, PARIS), "dual_run_months": 0.0, "labour_usd_per_hour": 0} | policy_changes
    )
    engine = workload(id="engine", name="engine", tags=MARKETS)
    reports = workload(
        id="reports",
        name="reports",
        tags=RISK,
        place_id=PARIS,
        billed=BilledMonth(compute_micro_usd=300 * USD),
        demand=demand(running_hours=400.0),
    )
    lake = dataset(
        id="lake",
        name="lake",
        tags=MARKETS,
        bands=(band(end=90, stored_gb=600.0), band(begin=90, stored_gb=400.0)),
        written_gb_per_month=10.0,
    )
    flows = (Flow(source_id="lake", target_id="engine", gb_per_month=50.0),)
    return PlanningInputs(estate=estate(engine, reports, lake, flows=flows), prices=BOOK, policy=given_policy)
