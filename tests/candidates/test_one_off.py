"""Worked examples: what a move costs once, part by part."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from optimizer.candidates import ONE_OFF_PARTS, CandidateSet, generate_candidates
from optimizer.domain.estate import BilledMonth, Commitment
from tests.candidates.books import EAST, PARIS, WEST, add_machines, add_storage, book_with_transfer
from tests.candidates.estates import band, dataset, estate, policy, row_of, workload

BOOK = add_storage(add_machines(book_with_transfer())).book()
EVERYWHERE = policy(candidate_places=(EAST, WEST, PARIS), purchases=("on_demand", "committed_1y"))


def one_off_usd(found: CandidateSet, candidate_id: str) -> dict[str, float]:
    """Parts that are not zero, in USD."""
    amounts = found.one_off_micro_usd[row_of(found, candidate_id)] / 1e6
    return {part: float(amount) for part, amount in zip(ONE_OFF_PARTS, amounts, strict=True) if amount}


def test_a_workload_pays_labour_and_dual_run_by_how_far_it_moves() -> None:
    # full 40 h x 100 to another service, half to another place, 1 h in place; a month of today's 320.
    found = generate_candidates(estate(workload()), BOOK, EVERYWHERE)
    assert one_off_usd(found, "w/stay") == {}
    assert one_off_usd(found, f"w/{WEST}/azure_vm/D4s_v5/on_demand") == {"dual_run": 320.0, "labour": 4000.0}
    assert one_off_usd(found, f"w/{PARIS}/aws_ec2/m5.4xlarge/on_demand") == {"dual_run": 320.0, "labour": 2000.0}
    assert one_off_usd(found, f"w/{EAST}/aws_ec2/m5.xlarge/on_demand") == {"labour": 100.0}


def test_effort_depends_on_the_service_arrived_at() -> None:
    book = book_with_transfer().price("aws_glue", "dpu_hour", EAST, "0.44", unit="DPU-hour").book()
    found = generate_candidates(estate(workload(role="batch_compute", sku="r5.xlarge")), book, policy())
    assert one_off_usd(found, f"w/{EAST}/aws_glue/2-dpu/on_demand") == {"dual_run": 320.0, "labour": 3200.0}


def test_moving_data_pays_egress_reads_and_writes() -> None:
    # 1,000 GB x 0.09; a million GETs 0.40 and PUTs 10.00; labour 16 h x 100 to another service.
    found = generate_candidates(estate(dataset()), BOOK, EVERYWHERE)
    assert one_off_usd(found, f"d/{WEST}/azure_blob/cool/on_demand") == {
        "egress": 90.0,
        "requests": 10.4,
        "dual_run": 20.0,
        "labour": 1600.0,
    }
    # inside the provider 0.02 a GB, half the labour; Glacier IR PUTs cost 20.00
    assert one_off_usd(found, f"d/{PARIS}/aws_s3/glacier_ir/on_demand") == {
        "egress": 20.0,
        "requests": 20.4,
        "dual_run": 20.0,
        "labour": 800.0,
    }


def test_leaving_a_cold_tier_pays_retrieval_and_the_rest_of_its_minimum_duration() -> None:
    # Glacier IR, 0-90 days old, minimum 90: half of 90 days of 4.00 a month; 1,000 GB x 0.03; GETs 10.00 + PUTs 5.00
    thing = dataset(bands=(band("glacier_ir", end=90),))
    found = generate_candidates(estate(thing), BOOK, EVERYWHERE)
    parts = one_off_usd(found, f"d/{WEST}/azure_blob/hot/on_demand")
    assert (parts["retrieval"], parts["requests"]) == (30.0, 15.0)
    assert parts["early_delete"] == pytest.approx(4.0 * 45 / (365 / 12), abs=1e-6)


def test_data_older_than_the_minimum_owes_nothing_when_it_is_deleted() -> None:
    # two bands in one run of IA: entered at day 0; the band of 30-60 days has outlived the 30-day minimum.
    thing = dataset(bands=(band("standard_ia", end=30, stored_gb=0.0), band("standard_ia", begin=30, end=60)))
    parts = one_off_usd(generate_candidates(estate(thing), BOOK, EVERYWHERE), f"d/{WEST}/azure_blob/hot/on_demand")
    assert "early_delete" not in parts


def test_a_colder_lifecycle_in_place_pays_transitions_and_nothing_else_but_the_change() -> None:
    # 1,000,000 objects (of 1 MB) x 0.00002
    thing = dataset(bands=(band(get_requests_per_month=1.0),))
    found = generate_candidates(estate(thing), BOOK, policy())
    assert one_off_usd(found, f"d/{EAST}/aws_s3/glacier_ir/on_demand") == {"requests": 20.0, "labour": 100.0}


def test_a_warmer_lifecycle_in_place_pays_retrieval_and_rewriting() -> None:
    # read every month: 20,000 GB x 0.03 = 600.00 of retrieval against 20.00 in Standard
    # GETs 10.00 + PUTs 5.00, retrieval 1,000 x 0.03; a year-wide band of a 90-day tier owes 90^2 / (2 x 365) days
    hot = band("glacier_ir", begin=0, end=None, retrieved_gb_per_month=20_000.0)
    thing = dataset(bands=(hot,), billed=BilledMonth(storage_micro_usd=4_000_000, retrieval_micro_usd=600_000_000))
    parts = one_off_usd(generate_candidates(estate(thing), BOOK, policy()), f"d/{EAST}/aws_s3/standard/on_demand")
    owed = 4.0 * (90 * 90 / (2 * 365)) / (365 / 12)
    assert parts == {
        "requests": 15.0,
        "retrieval": 30.0,
        "early_delete": pytest.approx(owed, abs=1e-6),
        "labour": 100.0,
    }


COMMITMENT = Commitment(
    id="c", provider="aws", service="aws_ec2", place_id=EAST, monthly_micro_usd=300_000_000, ends_on=date(2027, 11, 1)
)


def test_leaving_a_commitment_strands_all_of_it_and_shrinking_under_it_the_unused_part() -> None:
    # 12 months left of 300 a month; in place the candidate of 80 on demand still uses 80 of it.
    thing = workload(committed_micro_usd=300_000_000, commitment_id="c")
    found = generate_candidates(estate(thing, commitments=(COMMITMENT,)), BOOK, EVERYWHERE)
    assert one_off_usd(found, f"w/{WEST}/azure_vm/D4s_v5/on_demand")["stranded_commitment"] == 3600.0
    assert one_off_usd(found, f"w/{PARIS}/aws_ec2/m5.4xlarge/on_demand")["stranded_commitment"] == 3600.0
    assert one_off_usd(found, f"w/{EAST}/aws_ec2/m5.xlarge/on_demand")["stranded_commitment"] == 2640.0
    assert one_off_usd(found, "w/stay") == {}


def test_a_commitment_without_a_place_goes_along_inside_its_service() -> None:
    thing = workload(committed_micro_usd=300_000_000, commitment_id="c")
    found = generate_candidates(estate(thing, commitments=(replace(COMMITMENT, place_id=None),)), BOOK, EVERYWHERE)
    assert "stranded_commitment" not in one_off_usd(found, f"w/{PARIS}/aws_ec2/m5.4xlarge/on_demand")
    assert one_off_usd(found, f"w/{WEST}/azure_vm/D4s_v5/on_demand")["stranded_commitment"] == 3600.0


def test_dual_run_follows_the_policy_and_the_bill() -> None:
    terms = policy(candidate_places=(WEST,), dual_run_months=2.5)
    thing = workload(billed=BilledMonth(compute_micro_usd=100_000_000, storage_micro_usd=20_000_000))
    found = generate_candidates(estate(thing), BOOK, terms)
    assert one_off_usd(found, f"w/{WEST}/azure_vm/D4s_v5/on_demand")["dual_run"] == 300.0
