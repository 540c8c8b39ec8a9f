"""Each edit changes what it says and nothing else; all are held to one contract."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from optimizer.domain.estate import Workload
from optimizer.domain.policy import Area, AreaStatement, PinStatement, Selector
from scenarios.edits import (
    EDITS,
    DemandGrowth,
    Edit,
    PriceChange,
    ProviderExcluded,
    RegionOutage,
    ResidencyChanged,
)
from scenarios.errors import InvalidEdit
from scenarios.inputs import PlanningInputs
from tests.candidates.books import EAST, PARIS, WEST
from tests.scenarios.small_inputs import USD, inputs

ONE_OF_EACH: tuple[Edit, ...] = (
    PriceChange(ratio=Decimal("1.2"), service="aws_ec2"),
    RegionOutage(place_id=PARIS),
    DemandGrowth(ratio=Decimal("1.5")),
    ProviderExcluded(provider="azure"),
    ResidencyChanged(allow_jurisdictions=("US",), select=Selector(business_units=("markets",))),
)


def workload_of(given: PlanningInputs, name: str) -> Workload:
    return next(workload for workload in given.estate.workloads if workload.id == name)


def test_there_is_an_example_of_every_edit() -> None:
    assert {type(edit) for edit in ONE_OF_EACH} == set(EDITS)


@pytest.mark.parametrize("edit", ONE_OF_EACH, ids=lambda edit: edit.type)
def test_an_edit_changes_a_copy_says_what_and_does_so_alike_every_time(edit: Edit) -> None:
    before, given = inputs(), inputs()
    changed = edit.apply(given)
    assert (given.estate, given.policy, given.prices.snapshot_id) == (
        before.estate,
        before.policy,
        before.prices.snapshot_id,
    )
    assert (changed.estate, changed.policy, changed.prices.snapshot_id) != (
        given.estate,
        given.policy,
        given.prices.snapshot_id,
    )
    again = edit.apply(given)
    assert (changed.estate, changed.policy) == (again.estate, again.policy)
    assert edit.sentence


def test_a_price_change_reaches_the_book_and_the_bill_of_what_runs_on_it() -> None:
    changed = PriceChange(ratio=Decimal("1.2"), service="aws_ec2", place_id=EAST).apply(inputs())
    offer = changed.prices.machine(EAST, "aws_ec2", "m5.xlarge")
    assert offer is not None
    assert changed.prices.machine(PARIS, "aws_ec2", "m5.4xlarge") == inputs().prices.machine(
        PARIS, "aws_ec2", "m5.4xlarge"
    )
    assert workload_of(changed, "engine").billed.compute_micro_usd == 384 * USD
    assert workload_of(changed, "reports").billed.compute_micro_usd == 300 * USD
    assert changed.estate.datasets == inputs().estate.datasets


def test_a_price_change_leaves_what_a_commitment_covers() -> None:
    given = inputs()
    held = given.with_estate(
        workloads=tuple(replace(workload, committed_micro_usd=120 * USD) for workload in given.estate.workloads)
    )
    changed = PriceChange(ratio=Decimal("1.5"), service="aws_ec2", place_id=EAST).apply(held)
    assert workload_of(changed, "engine").billed.compute_micro_usd == (120 + 300) * USD


def test_a_storage_price_changes_the_storage_part_of_the_bill_only() -> None:
    changed = PriceChange(ratio=Decimal(2), service="aws_s3", meter_prefix="storage.").apply(inputs())
    (lake,) = changed.estate.datasets
    assert lake.billed.storage_micro_usd == 40 * USD
    retrieval = PriceChange(ratio=Decimal(2), service="aws_s3", meter_prefix="get.").apply(inputs())
    assert retrieval.estate.datasets == inputs().estate.datasets


def test_a_price_change_that_matches_nothing_is_refused() -> None:
    with pytest.raises(InvalidEdit, match="no price matches"):
        PriceChange(ratio=Decimal(2), service="aws_s3", provider="azure").apply(inputs())


def test_growth_multiplies_work_data_flows_and_bill_but_not_commitments() -> None:
    changed = DemandGrowth(ratio=Decimal("1.5"), select=Selector(business_units=("markets",))).apply(inputs())
    engine, lake = workload_of(changed, "engine"), changed.estate.datasets[0]
    assert engine.demand.vcpu_hours == pytest.approx(1050)
    assert engine.demand.peak_vcpu == pytest.approx(4.2)
    assert engine.demand.running_hours == 200.0
    assert engine.billed.compute_micro_usd == 480 * USD
    assert lake.stored_gb == pytest.approx(1500.0)
    assert lake.written_gb_per_month == pytest.approx(15.0)
    assert lake.billed.storage_micro_usd == 30 * USD
    assert changed.estate.flows[0].gb_per_month == pytest.approx(75.0)
    assert workload_of(changed, "reports") == workload_of(inputs(), "reports")


def test_jobs_run_longer_until_the_month_is_full_and_get_bigger_from_there() -> None:
    given = inputs()
    as_batch = replace(workload_of(given, "reports"), role="batch_compute")
    changed = DemandGrowth(ratio=Decimal(4)).apply(given.with_estate(workloads=(as_batch,), datasets=(), flows=()))
    demand = changed.estate.workloads[0].demand
    assert demand.running_hours == pytest.approx(730)
    assert demand.peak_vcpu * demand.running_hours == pytest.approx(4 * 2.8 * 400)


def test_growth_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidEdit, match="no workload or dataset is treasury"):
        DemandGrowth(ratio=Decimal(2), select=Selector(business_units=("treasury",))).apply(inputs())


def test_a_lost_region_is_forbidden_to_everything_and_lifts_the_pins_of_what_was_there() -> None:
    given = inputs(pins=(PinStatement(id="both", select=Selector(ids=("engine", "reports"))),))
    changed = RegionOutage(place_id=PARIS).apply(given)
    (area,) = changed.policy.areas
    assert (area.id, area.effect, area.area.places, area.select) == (
        "outage:aws:eu-west-3",
        "forbid",
        (PARIS,),
        Selector(),
    )
    assert changed.policy.pins[0].select.ids == ("engine",)
    emptied = RegionOutage(place_id=PARIS).apply(
        inputs(pins=(PinStatement(id="one", select=Selector(ids=("reports",))),))
    )
    assert emptied.policy.pins == ()


def test_losing_a_region_that_nothing_can_use_is_refused() -> None:
    with pytest.raises(InvalidEdit, match="nothing is in gcp:us-central1"):
        RegionOutage(place_id="gcp:us-central1").apply(inputs())


def test_losing_the_same_region_twice_is_refused() -> None:
    with pytest.raises(InvalidEdit, match="apply the edit once"):
        RegionOutage(place_id=PARIS).apply(RegionOutage(place_id=PARIS).apply(inputs()))


def test_an_excluded_provider_loses_every_place_for_those_selected() -> None:
    changed = ProviderExcluded(provider="aws", select=Selector(business_units=("risk",))).apply(inputs())
    (area,) = changed.policy.areas
    assert set(area.area.places) == {EAST, PARIS}
    assert area.select.business_units == ("risk",)
    with pytest.raises(InvalidEdit, match="no place of 'gcp'"):
        ProviderExcluded(provider="gcp").apply(inputs())


def test_excluding_the_only_place_on_offer_is_refused() -> None:
    given = inputs(candidate_places=(EAST,))
    with pytest.raises(InvalidEdit, match="leaves no place"):
        ProviderExcluded(provider="aws").apply(given)


EU = AreaStatement(
    id="eu", effect="allow", select=Selector(business_units=("risk",)), area=Area(jurisdictions=("EU",)), because="GDPR"
)


def test_a_residency_demand_is_dropped_or_replaced_about_the_same_things() -> None:
    given = inputs(areas=(EU,))
    assert ResidencyChanged(drops="eu").apply(given).policy.areas == ()
    (stricter,) = ResidencyChanged(drops="eu", allow_jurisdictions=("FR",)).apply(given).policy.areas
    assert (stricter.id, stricter.select, stricter.area.jurisdictions) == ("residency:FR", EU.select, ("FR",))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (ResidencyChanged(drops="us"), "'us' is not a residency"),
        (ResidencyChanged(allow_jurisdictions=("FR",), select=Selector(ids=("nobody",))), "no workload or dataset"),
    ],
)
def test_a_residency_change_about_nothing_is_refused(edit: ResidencyChanged, message: str) -> None:
    with pytest.raises(InvalidEdit, match=message):
        edit.apply(inputs(areas=(EU,)))


def test_prices_from_other_providers_stay() -> None:
    changed = PriceChange(ratio=Decimal("1.2"), provider="aws").apply(inputs())
    assert changed.prices.machine(WEST, "azure_vm", "D4s_v5") == inputs().prices.machine(WEST, "azure_vm", "D4s_v5")
    assert changed.estate.datasets[0].billed.storage_micro_usd == 24 * USD
