"""Worked examples: what workloads would cost, by billing shape, on paper."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from optimizer.candidates import BASES, ONE_OFF_PARTS, RESOURCES, generate_candidates
from optimizer.candidates.machine_table import machine_table
from optimizer.domain.estate import BilledMonth, Tags
from optimizer.domain.policy import ProviderShareStatement
from tests.candidates.books import EAST, IOWA, PARIS, WEST, add_machines, book_with_transfer
from tests.candidates.estates import demand, estate, monthly_micro_usd, policy, row_of, workload

ALL_PURCHASES = ("on_demand", "spot", "committed_1y")


def test_a_machine_is_the_cheapest_that_holds_peak_over_target_and_memory() -> None:
    # 2.8 / 0.7 = 4 vCPU and 8 GiB: m5.xlarge (4, 16) at 0.20 x 2 instances x 200 h = 80.00; D4s_v5 0.15 x 400 = 60.00.
    found = generate_candidates(
        estate(workload()), add_machines(book_with_transfer()).book(), policy(candidate_places=(EAST, WEST))
    )
    assert monthly_micro_usd(found, f"w/{EAST}/aws_ec2/m5.xlarge/on_demand") == 80_000_000
    assert monthly_micro_usd(found, f"w/{WEST}/azure_vm/D4s_v5/on_demand") == 60_000_000
    uses = dict(zip(RESOURCES, found.uses[row_of(found, f"w/{WEST}/azure_vm/D4s_v5/on_demand")], strict=True))
    assert uses == {"vcpu": 8.0, "memory_gib": 32.0, "stored_gb": 0.0}


def test_memory_alone_can_ask_for_a_bigger_machine() -> None:
    # 33 GiB fits only 16 vCPU / 64 GiB: that is today's m5.4xlarge, so no other machine is offered at EAST.
    thing = workload(demand=demand(memory_gib=33.0))
    found = generate_candidates(estate(thing), add_machines(book_with_transfer()).book(), policy())
    assert found.candidate_ids == ("w/stay",)


def test_a_commitment_is_billed_every_hour_so_it_wins_only_for_steady_load() -> None:
    # committed 0.12 x 2 x 730 h = 175.20 against on demand 0.20 x 2 x 200 h = 80.00 idle, x 730 h = 292.00 steady.
    book = add_machines(book_with_transfer()).book()
    terms = policy(purchases=("on_demand", "committed_1y"))
    idle = generate_candidates(estate(workload()), book, terms)
    steady = generate_candidates(estate(workload(demand=demand(running_hours=730.0))), book, terms)
    assert f"w/{EAST}/aws_ec2/m5.xlarge/committed_1y" not in idle.candidate_ids
    assert monthly_micro_usd(steady, f"w/{EAST}/aws_ec2/m5.xlarge/committed_1y") == 175_200_000
    assert f"w/{EAST}/aws_ec2/m5.xlarge/on_demand" not in steady.candidate_ids


def test_spot_is_offered_to_interruptible_work_only() -> None:
    # 0.08 x 2 x 200 h x 1.1 for work done again = 35.20; at worst it runs on demand: 0.20 x 440 h = 88.00
    book = add_machines(book_with_transfer()).book()
    patient = workload(demand=demand(interruptible=True))
    offered = generate_candidates(estate(patient), book, policy(purchases=ALL_PURCHASES))
    refused = generate_candidates(estate(workload()), book, policy(purchases=ALL_PURCHASES))
    assert monthly_micro_usd(offered, f"w/{EAST}/aws_ec2/m5.xlarge/spot") == 35_200_000
    assert offered.high_micro_usd[row_of(offered, f"w/{EAST}/aws_ec2/m5.xlarge/spot")] == 88_000_000
    assert not [name for name in refused.candidate_ids if name.endswith("/spot")]
    assert [(drop.reason, drop.count) for drop in refused.dropped if drop.reason == "capability"] == [("capability", 1)]


def test_arm_machines_are_offered_only_to_what_runs_on_arm() -> None:
    book = add_machines(book_with_transfer()).book()
    today_arm = workload(sku="m6g.4xlarge")
    on_arm = generate_candidates(estate(today_arm), book, policy())
    on_x86 = generate_candidates(estate(workload()), book, policy())
    assert f"w/{EAST}/aws_ec2/m6g.xlarge/on_demand" in on_arm.candidate_ids
    assert not [name for name in on_x86.candidate_ids if "m6g" in name]


def test_elastic_work_is_sized_by_its_vcpu_hours() -> None:
    # v = 5.6 / 0.7 = 8 vCPU: m5.2xlarge holds one instance (f = 1); 700 / 5.6 = 125 machine-hours x 0.40 = 50.00.
    thing = workload(role="batch_compute", demand=demand(peak_vcpu=5.6))
    found = generate_candidates(estate(thing), add_machines(book_with_transfer()).book(), policy())
    assert monthly_micro_usd(found, f"w/{EAST}/aws_ec2/m5.2xlarge/on_demand") == 50_000_000


def test_databricks_is_units_plus_machine() -> None:
    # m5.2xlarge: 8 vCPU x 0.1725 = 1.38 DBU x 0.15 = 0.207 an hour on top of 0.40. Work ratio from EC2 is 0.95:
    # 700 x 0.95 / 5.6 = 118.75 machine-hours x 0.607 = 72.08125.
    book = add_machines(book_with_transfer()).price("databricks", "dbu.jobs", EAST, "0.15", unit="DBU").book()
    thing = workload(role="batch_compute", demand=demand(peak_vcpu=5.6))
    # uses of both are equal (one machine), so the dearer Databricks is dominated unless its charge may matter
    terms = policy(provider_shares=_share_of("gcp"))
    found = generate_candidates(estate(thing), book, terms)
    row = row_of(found, f"w/{EAST}/databricks/jobs/m5.2xlarge/on_demand")
    assert found.components_micro_usd[row].sum() == 72_081_250
    # 0.7 / 0.95 and 1.1 / 0.95 of it, and 10 % because DBU per machine are estimated
    assert found.low_micro_usd[row] == round(72_081_250 * 0.7 / 0.95 * 0.9)
    assert found.high_micro_usd[row] == round(72_081_250 * 1.1 / 0.95 * 1.1)


def test_work_measured_on_databricks_grows_back_on_plain_machines() -> None:
    # 125 machine-hours / 0.95 x 0.40 = 52.631579; effort of arriving at self-managed Spark: 40 h x 1.5 x 100 = 6,000.
    thing = workload(role="batch_compute", service="databricks", sku="jobs", demand=demand(peak_vcpu=5.6))
    found = generate_candidates(estate(thing), add_machines(book_with_transfer()).book(), policy())
    row = row_of(found, f"w/{EAST}/aws_ec2/m5.2xlarge/on_demand")
    assert found.components_micro_usd[row].sum() == 52_631_579
    assert found.one_off_micro_usd[row, ONE_OFF_PARTS.index("labour")] == 6_000_000_000


def test_glue_is_billed_by_dpu_hours_of_four_vcpu() -> None:
    # 700 / 0.7 / 4 = 250 DPU-hours x 0.44 = 110.00; 2 x 2.8 / 0.7 = 8 vCPU = 2 DPU.
    book = book_with_transfer().price("aws_glue", "dpu_hour", EAST, "0.44", unit="DPU-hour").book()
    found = generate_candidates(estate(workload(role="batch_compute", sku="r5.xlarge")), book, policy())
    assert monthly_micro_usd(found, f"w/{EAST}/aws_glue/2-dpu/on_demand") == 110_000_000


@pytest.mark.parametrize(
    ("data_class", "edition", "micro_usd"),
    [("internal", "enterprise", 375_000_000), ("regulated", "business_critical", 500_000_000)],
)
def test_snowflake_is_billed_by_credits_of_eight_vcpu_hours(data_class: str, edition: str, micro_usd: int) -> None:
    # 700 / 0.7 / 8 = 125 credits x 3.00 or 4.00; 8 vCPU is one XS.
    maker = book_with_transfer()
    for name, usd in (("standard", "2.00"), ("enterprise", "3.00"), ("business_critical", "4.00")):
        maker.price("snowflake", f"credit.{name}", EAST, usd, unit="credit")
    thing = workload(role="sql_warehouse", service="gcp_bigquery", tags=_tagged(data_class), billed=_billed(900))
    found = generate_candidates(estate(thing), maker.book(), policy())
    assert found.candidate_ids == ("w/stay", f"w/{EAST}/snowflake/{edition}-XS/on_demand")
    assert found.components_micro_usd[1].sum() == micro_usd


def test_scanning_engines_are_billed_by_gb_read_and_need_it_measured() -> None:
    # 40,000 GB x 0.005 = 200.00
    book = book_with_transfer().price("aws_athena", "scan", EAST, "0.005", unit="GB").book()
    measured = workload(
        role="sql_warehouse", service="snowflake", sku="enterprise-S", demand=demand(scanned_gb=40_000.0)
    )
    unmeasured = workload(role="sql_warehouse", service="snowflake", sku="enterprise-S")
    found = generate_candidates(estate(measured), book, policy())
    refused = generate_candidates(estate(unmeasured), book, policy())
    row = row_of(found, f"w/{EAST}/aws_athena/scan/on_demand")
    assert found.components_micro_usd[row].sum() == 200_000_000
    assert (found.low_micro_usd[row], found.high_micro_usd[row]) == (120_000_000, 340_000_000)
    assert refused.candidate_ids == ("w/stay",)


def test_what_no_candidate_prices_is_carried_over_as_billed() -> None:
    billed = _billed(320, storage_micro_usd=7_000_000)
    found = generate_candidates(estate(workload(billed=billed)), add_machines(book_with_transfer()).book(), policy())
    row = row_of(found, f"w/{EAST}/aws_ec2/m5.xlarge/on_demand")
    assert found.components_micro_usd[row].tolist() == [80_000_000, 7_000_000, 0, 0, 0]
    assert found.low_micro_usd[row] == 87_000_000


def test_a_contracted_ratio_lowers_its_service_and_is_marked() -> None:
    book = add_machines(book_with_transfer()).book()
    found = generate_candidates(
        estate(workload()), book, policy(candidate_places=(EAST, WEST)), contracted_ratio={"aws_ec2": Decimal("0.9")}
    )
    ours, theirs = (
        row_of(found, f"w/{EAST}/aws_ec2/m5.xlarge/on_demand"),
        row_of(found, f"w/{WEST}/azure_vm/D4s_v5/on_demand"),
    )
    assert found.components_micro_usd[ours].sum() == 72_000_000
    assert found.components_micro_usd[theirs].sum() == 60_000_000
    assert [BASES[found.basis_code[row]] for row in (0, ours, theirs)] == ["billed", "contracted", "list"]


def test_places_in_use_but_not_listed_take_nobody_in() -> None:
    book = add_machines(book_with_transfer()).book()
    things = (workload(), workload(id="p", place_id=PARIS, sku="m5.large"))
    found = generate_candidates(estate(*things), book, policy(candidate_places=(WEST, IOWA)))
    placed = {found.place_ids[code] for code in found.place_code[: found.node_start[1]]}
    assert placed == {EAST, WEST}
    assert {found.place_ids[code] for code in found.place_code[found.node_start[1] :]} == {PARIS, WEST}


def test_one_need_per_machine_table_equals_a_plain_search() -> None:
    rng = np.random.default_rng(3)
    vcpu, memory = rng.integers(1, 9, 60) * 2.0, rng.integers(1, 9, 60) * 4.0
    amount = rng.integers(1, 1000, 60)
    sku = np.array([f"m{index:02d}" for index in range(60)])
    usable = rng.random(60) < 0.8
    table = machine_table(vcpu=vcpu, memory_gib=memory, pico_usd_per_hour=amount, sku=sku, usable=usable)
    need_vcpu, need_memory = rng.uniform(0, 18, 400), rng.uniform(0, 36, 400)
    for found, cores, gib in zip(table.find(need_vcpu, need_memory), need_vcpu, need_memory, strict=True):
        fitting = np.flatnonzero(usable & (vcpu >= cores) & (memory >= gib))
        expected = min(fitting, key=lambda index: (amount[index], sku[index]), default=-1)
        assert found == expected


def _share_of(provider: str) -> tuple[ProviderShareStatement, ...]:
    return (ProviderShareStatement(id="share", provider=provider, max_ratio=0.9),)


def _tagged(data_class: str) -> Tags:
    return Tags(business_unit="markets", data_class=data_class)


def _billed(usd: int, **more: int) -> BilledMonth:
    return BilledMonth(compute_micro_usd=usd * 1_000_000, **more)
