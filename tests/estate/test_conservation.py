"""Whatever the bills hold: matched + transfer + unmatched = total, and the total is what plain SQL says."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.estate import build_estate
from tests.estate.bills import AS_OF_ON, EC2, MONTHS, S3, charge, dataset, inventory, stored, workload

_METERS = [(EC2, "BoxUsage:m5.large"), (S3, "TimedStorage-ByteHrs"), (S3, "DataTransfer-Out-Bytes"), (EC2, "Odd:Meter")]
_SPEND = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountCategory": "Spend"}
_CATEGORIES: list[dict[str, Any]] = [
    {},
    {},
    {"ChargeCategory": "Tax"},
    {"ChargeCategory": "Credit"},
    {"ChargeCategory": "Purchase"},
    {"ChargeCategory": "Purchase", **_SPEND},
    {"CommitmentDiscountStatus": "Used", **_SPEND},
    {"CommitmentDiscountStatus": "Unused", **_SPEND},
    {"BillingCurrency": "EUR"},
]


@st.composite
def _charges(draw: st.DrawFn) -> dict[str, Any]:
    service, meter = draw(st.sampled_from(_METERS))
    cost = draw(st.decimals(min_value=-50, max_value=5000, places=12))
    resource_id = draw(st.sampled_from([None, "i-1", "i-2", "bucket-1", "stranger"]))
    other = draw(st.sampled_from(_CATEGORIES))
    month = draw(st.sampled_from(MONTHS))
    return charge(resource_id, meter, cost, ServiceName=service, month=month, **other)


@given(charges=st.lists(_charges(), max_size=60))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_micro_dollar_is_in_exactly_one_place(
    charges: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("estate")
    # One plain charge a month keeps every month present, so that the average is over three months for all.
    charges = [*charges, *(charge("i-1", "BoxUsage:m5.large", "1", month=month) for month in MONTHS)]
    store = stored(folder, charges)
    build = build_estate(
        store,
        inventory(
            workloads=[workload("a"), workload("b")],
            datasets=[dataset("d")],
            resources={"i-1": "a", "i-2": "b", "bucket-1": "d"},
        ),
        as_of_on=AS_OF_ON,
    )
    parts = build.matched_monthly_micro_usd + build.transfer_monthly_micro_usd + build.unmatched_monthly_micro_usd
    assert parts == build.total_monthly_micro_usd
    things = (*build.estate.workloads, *build.estate.datasets)
    assert sum(thing.billed.total_micro_usd for thing in things) == build.matched_monthly_micro_usd
    with store.connect() as connection:
        row = connection.execute(
            "SELECT sum(EffectiveCost) FROM cost_and_usage WHERE BillingCurrency = 'USD' "
            "AND NOT (ChargeCategory = 'Purchase' AND CommitmentDiscountId IS NOT NULL)"
        ).fetchone()
    assert row is not None
    assert isinstance(row[0], Decimal)
    assert build.total_monthly_micro_usd == round(Fraction(row[0]) * 1_000_000 / len(MONTHS))
