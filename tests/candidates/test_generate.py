"""The set as a whole: stay, order, missing prices, determinism, speed."""

from __future__ import annotations

import dataclasses
import time
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.candidates import BASES, CandidateSet, Refusal, generate_candidates
from optimizer.domain.estate import BilledMonth, Dataset, Workload
from optimizer.domain.policy import Area, AreaStatement, Selector
from optimizer.pricing import CONFIDENCES
from tests.candidates.books import (
    EAST,
    IOWA,
    MANY,
    PARIS,
    WEST,
    BookMaker,
    add_machines,
    add_storage,
    book_with_transfer,
)
from tests.candidates.estates import band, dataset, demand, estate, policy, workload

BOOK = add_storage(add_machines(book_with_transfer())).book()
OPEN = policy(candidate_places=(EAST, WEST, PARIS), purchases=("on_demand", "spot", "committed_1y"))

amounts = st.integers(1, 10**12)


@st.composite
def things(draw: st.DrawFn) -> list[Workload | Dataset]:
    """A handful of workloads and datasets with any bill."""
    found: list[Workload | Dataset] = []
    for index in range(draw(st.integers(1, 5))):
        billed = BilledMonth(compute_micro_usd=draw(amounts), storage_micro_usd=draw(amounts))
        if draw(st.booleans()):
            role = draw(st.sampled_from(("virtual_machine", "batch_compute", "sql_warehouse")))
            found.append(
                workload(
                    id=f"n{index}",
                    role=role,
                    place_id=draw(st.sampled_from((EAST, PARIS))),
                    billed=billed,
                    demand=demand(peak_vcpu=draw(st.floats(0, 40)), memory_gib=draw(st.floats(0, 300))),
                )
            )
        else:
            bands = (band(end=90, stored_gb=draw(st.floats(0, 1e6))), band("standard_ia", begin=90))
            found.append(dataset(id=f"n{index}", bands=bands, billed=billed))
    return found


@given(things())
@settings(max_examples=60, deadline=None)
def test_stay_comes_first_costs_what_the_bill_says_and_nothing_once(given_things: list[Workload | Dataset]) -> None:
    given_estate = estate(*given_things)
    found = generate_candidates(given_estate, BOOK, OPEN)
    ordered = (*given_estate.workloads, *given_estate.datasets)
    assert found.node_ids == tuple(thing.id for thing in ordered)
    assert np.flatnonzero(found.is_current).tolist() == found.node_start[:-1].tolist()
    for row, thing in zip(found.node_start[:-1], ordered, strict=True):
        assert found.candidate_ids[row] == f"{thing.id}/stay"
        assert found.components_micro_usd[row].sum() == thing.billed.total_micro_usd
        assert found.low_micro_usd[row] == found.high_micro_usd[row] == thing.billed.total_micro_usd
        assert found.one_off_micro_usd[row].sum() == 0
        assert found.place_ids[found.place_code[row]] == thing.place_id
        assert BASES[found.basis_code[row]] == "billed"
        assert found.purchases[found.purchase_code[row]] == "on_demand"


@given(things())
@settings(max_examples=40, deadline=None)
def test_columns_agree_bands_hold_the_expectation_and_ids_are_unique(given_things: list[Workload | Dataset]) -> None:
    found = generate_candidates(estate(*given_things), BOOK, OPEN)
    count = len(found.candidate_ids)
    assert found.node_start[-1] == count == len(set(found.candidate_ids))
    monthly = found.components_micro_usd.sum(axis=1)
    assert (found.low_micro_usd <= monthly).all()
    assert (monthly <= found.high_micro_usd).all()
    assert (found.one_off_micro_usd >= 0).all()
    assert (found.uses >= 0).all()
    assert (found.components_micro_usd >= 0).all()


def test_the_same_inputs_give_the_same_set() -> None:
    given_estate = estate(workload(), workload(id="v", role="batch_compute"), dataset())
    rule = AreaStatement(id="eu", effect="allow", select=Selector(), area=Area(jurisdictions=("EU",)))
    terms = dataclasses.replace(OPEN, areas=(rule,))
    one, other = (generate_candidates(given_estate, BOOK, terms) for _ in range(2))
    assert one.refusals
    for column in dataclasses.fields(CandidateSet):
        ours, theirs = getattr(one, column.name), getattr(other, column.name)
        if column.name == "refusals":
            ours, theirs = _plain(ours), _plain(theirs)
        assert np.array_equal(ours, theirs) if isinstance(ours, np.ndarray) else ours == theirs


def test_candidates_do_not_depend_on_what_else_is_in_the_estate() -> None:
    alone = generate_candidates(estate(workload(place_id=EAST)), BOOK, OPEN)
    crowd = generate_candidates(estate(workload(), *(workload(id=f"o{index}") for index in range(9))), BOOK, OPEN)
    ours = slice(*crowd.node_start[:2])
    assert crowd.candidate_ids[ours] == alone.candidate_ids
    assert np.array_equal(crowd.components_micro_usd[ours], alone.components_micro_usd)
    assert np.array_equal(crowd.one_off_micro_usd[ours], alone.one_off_micro_usd)


def test_stay_without_a_bill_is_priced_from_the_book_and_listed() -> None:
    # m5.4xlarge 0.80 x 2 x 200 h = 320.00; 1,000 GB x 0.02 = 20.00; the third is nowhere in the book.
    silent = BilledMonth()
    given_estate = estate(
        workload(billed=silent), workload(id="odd", service="own_rack", sku="x", billed=silent), dataset(billed=silent)
    )
    found = generate_candidates(given_estate, BOOK, policy())
    stays = found.components_micro_usd[found.is_current].sum(axis=1).tolist()
    assert stays == [320_000_000, 0, 20_000_000]
    assert found.report.stay_from_book == ("w", "d")
    assert found.report.stay_without_price == ("odd",)
    assert [BASES[code] for code in found.basis_code[found.is_current]] == ["list", "billed", "list"]


def test_stay_of_a_managed_service_without_a_bill_is_its_cheapest_quote() -> None:
    # 700 / 0.7 / 4 = 250 DPU-hours x 0.44
    book = book_with_transfer().price("aws_glue", "dpu_hour", EAST, "0.44", unit="DPU-hour").book()
    thing = workload(role="batch_compute", service="aws_glue", sku="G.1X", billed=BilledMonth())
    found = generate_candidates(estate(thing), book, policy())
    assert found.components_micro_usd[0].sum() == 110_000_000
    assert CONFIDENCES[found.confidence_code[0]] == "seen"


def test_what_has_no_priced_alternative_is_reported_with_todays_cost() -> None:
    # a warehouse: nothing in the book does its job; the machine has alternatives.
    given_estate = estate(workload(id="wh", role="sql_warehouse", service="snowflake", sku="enterprise-S"), workload())
    report = generate_candidates(given_estate, BOOK, OPEN).report
    assert report.unpriced_node_ids == report.only_stay_node_ids == ("wh",)
    assert report.unpriced_micro_usd == report.only_stay_micro_usd == 320_000_000
    assert ("databricks", EAST, "dbu.sql_serverless") in {
        (miss.service, miss.place_id, miss.meter) for miss in report.missing_prices
    }


def test_dominated_alternatives_leave_only_stay_without_being_unpriced() -> None:
    cheap = workload(sku="m5.large", billed=BilledMonth(compute_micro_usd=1), demand=demand(peak_vcpu=0.1))
    report = generate_candidates(estate(cheap), BOOK, policy()).report
    assert report.unpriced_node_ids == ()


def test_no_candidate_rests_on_a_missing_price() -> None:
    found = generate_candidates(estate(workload(), dataset()), BOOK, policy(candidate_places=(EAST, IOWA)))
    assert {found.place_ids[code] for code in found.place_code} == {EAST}
    assert {miss.place_id for miss in found.report.missing_prices if miss.service in ("gcp_gce", "gcp_gcs")} == {IOWA}


def test_two_thousand_workloads_at_two_dozen_places_take_seconds() -> None:
    maker = BookMaker(place_ids=MANY)
    for place_id in MANY:
        maker.internet("0.09", place_id).price("aws_glue", "dpu_hour", place_id, "0.44", unit="DPU-hour")
        for vcpu in (2, 4, 8, 16, 32):
            maker.machine("aws_ec2", f"m5.{vcpu}", place_id, vcpu, 4 * vcpu, on_demand=f"{vcpu / 20}")
    for one, other in combinations(MANY, 2):
        maker.inter_region(one, other, "0.02")
    rng = np.random.default_rng(5)
    crowd = [
        workload(
            id=f"w{index}",
            role=("virtual_machine", "batch_compute")[index % 2],
            place_id=MANY[index % 24],
            demand=demand(peak_vcpu=float(rng.uniform(0.5, 10)), memory_gib=float(rng.uniform(1, 60))),
        )
        for index in range(2_000)
    ]
    book = maker.book()
    started = time.process_time()
    found = generate_candidates(estate(*crowd), book, policy(candidate_places=MANY))
    assert time.process_time() - started < 5.0
    assert len(found.candidate_ids) > 2_000 * 24


def _plain(refusals: tuple[Refusal, ...]) -> list[tuple[str, str | None, list[int]]]:
    return [(refusal.reason, refusal.statement_id, refusal.candidates.tolist()) for refusal in refusals]
