"""Lookups in a price book."""

from __future__ import annotations

import random
from decimal import Decimal

import numpy as np
import pytest

from optimizer.errors import MissingPrice, UnknownPlace
from optimizer.pricing import CONFIDENCES, NothingToScale, PriceBook
from tests.pricing.books import (
    IOWA,
    IRELAND,
    OHIO,
    VIRGINIA,
    book,
    egress,
    hire,
    machine,
    price,
    round_trip,
    tables,
    transfer,
)

THREE_TIERS = [
    price(tier_min=0.0, tier_max=51_200.0, unit_price=Decimal("0.023")),
    price(tier_min=51_200.0, tier_max=512_000.0, unit_price=Decimal("0.022")),
    price(tier_min=512_000.0, unit_price=Decimal("0.021"), confidence="derived"),
]


def test_a_price_that_the_book_lacks_is_none_and_not_that_of_a_neighbour() -> None:
    prices = book([price()])
    asked = {"service": "aws_s3", "meter": "storage.standard", "place_id": VIRGINIA}
    assert prices.schedule(**asked) is not None
    for changed in ({"place_id": OHIO}, {"meter": "storage.deep_archive"}, {"service": "gcp_gcs"}):
        assert prices.schedule(**(asked | changed)) is None
    assert prices.schedule(**asked, purchase="spot") is None
    with pytest.raises(ValueError, match="barter"):
        prices.schedule(**asked, purchase="barter")


def test_gibibytes_are_quoted_per_gigabyte_with_the_published_figures_kept() -> None:
    found = book(THREE_TIERS).schedule(service="aws_s3", meter="storage.standard", place_id=VIRGINIA)
    assert found is not None
    assert (found.unit, found.published_unit) == ("GB-month", "GiB-month")
    assert found.published_usd == (Decimal("0.023"), Decimal("0.022"), Decimal("0.021"))
    assert found.minimum_quantity.tolist() == pytest.approx([0.0, 54_975.5813888, 549_755.813888])
    assert found.first_usd == Decimal("0.021420419216")  # 0.023 / 1.073741824


def test_a_schedule_is_as_good_as_its_weakest_tier() -> None:
    found = book(THREE_TIERS).schedule(service="aws_s3", meter="storage.standard", place_id=VIRGINIA)
    assert found is not None
    assert found.confidence == "derived"


def test_a_commitment_is_quoted_with_the_smallest_upfront_part_that_is_sold() -> None:
    sold = [
        hire("m5.xlarge", "0.11", purchase="committed_1y", payment_model="all_upfront"),
        hire("m5.xlarge", "0.12", purchase="committed_1y", payment_model="no_upfront"),
        hire("m5.xlarge", "0.07", purchase="committed_3y", payment_model="all_upfront"),
        hire("m5.xlarge", "0.192"),
    ]
    prices = book(sold, machines=[machine()])
    asked = {"service": "aws_ec2", "meter": "m5.xlarge", "place_id": VIRGINIA}
    yearly = prices.schedule(**asked, purchase="committed_1y")
    assert yearly is not None
    assert yearly.published_usd == (Decimal("0.12"),)
    found = prices.machine(VIRGINIA, "aws_ec2", "m5.xlarge")
    assert found is not None
    assert found.usd_per_hour() == Decimal("0.192")
    assert found.usd_per_hour("committed_1y") == Decimal("0.12")
    assert found.usd_per_hour("committed_3y") == Decimal("0.07")
    assert found.usd_per_hour("spot") is None
    assert found.charge_micro_usd(730) == 140_160_000  # 730 h x 0.192 USD
    with pytest.raises(MissingPrice, match="no spot price"):
        found.charge_micro_usd(1, "spot")


def test_machines_of_a_place_come_as_columns_in_the_order_of_their_names() -> None:
    prices = book(
        [hire("r5.large", "0.126"), hire("m5.xlarge", "0.192"), hire("m5.xlarge", "0.07", purchase="spot")],
        machines=[machine("r5.large", family="memory", vcpu=2.0), machine("m5.xlarge")],
    )
    offers = prices.machines(VIRGINIA, "aws_ec2")
    assert offers.sku.tolist() == ["m5.xlarge", "r5.large"]
    assert offers.family.tolist() == ["general", "memory"]
    assert offers.architecture.tolist() == ["x86_64", "x86_64"]
    assert offers.vcpu.tolist() == [4.0, 2.0]
    assert offers.pico_usd_per_hour.tolist() == [[192 * 10**9, 70 * 10**9, -1, -1], [126 * 10**9, -1, -1, -1]]
    assert offers.confidence_code.tolist() == [[0, 0, -1, -1], [0, -1, -1, -1]]
    assert len(prices.machines(OHIO, "aws_ec2")) == 0
    assert prices.machine(VIRGINIA, "aws_ec2", "m5.large") is None


def test_a_service_without_machines_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="aws_s3"):
        book([price()]).machines(VIRGINIA, "aws_s3")


def test_transfer_is_free_inside_a_place_listed_inside_a_provider_and_egress_across() -> None:
    prices = book(
        [egress(VIRGINIA, "0.09"), egress(IOWA, "0.12", unit="GiB", confidence="estimated"), egress(OHIO, "0.09")],
        transfers=[transfer(VIRGINIA, OHIO, "0.01"), transfer(OHIO, VIRGINIA, "0.02", confidence="derived")],
    )
    places = [VIRGINIA, OHIO, IOWA]
    assert prices.transfer_micro_usd_per_gb(places).tolist() == [
        [0, 10_000, 90_000],
        [20_000, 0, 90_000],
        [111_759, 111_759, 0],  # 0.12 per GiB / 1.073741824
    ]
    named = [[CONFIDENCES[code] for code in row] for row in prices.transfer_confidence(places).tolist()]
    assert named == [["seen", "seen", "seen"], ["derived", "seen", "seen"], ["estimated", "estimated", "seen"]]


def test_an_unpriced_pair_is_an_error_that_names_it() -> None:
    prices = book([egress(VIRGINIA, "0.09")])
    with pytest.raises(MissingPrice, match="from aws:us-east-1 to aws:us-east-2 "):
        prices.transfer_micro_usd_per_gb([VIRGINIA, OHIO])
    with pytest.raises(MissingPrice, match="from azure:northeurope to aws:us-east-1 "):
        prices.transfer_micro_usd_per_gb([VIRGINIA, IRELAND])
    assert prices.transfer_confidence([VIRGINIA, IRELAND]).tolist() == [[0, 0], [-1, 0]]


def test_an_unknown_place_is_an_error_that_names_near_ones() -> None:
    with pytest.raises(UnknownPlace, match=r"aws:us-eest-1.*did you mean.*aws:us-east-1"):
        book().place("aws:us-eest-1")
    with pytest.raises(UnknownPlace):
        book().rtt_ms([VIRGINIA, "oci:mars"])


def test_places_are_sorted_and_services_are_those_with_a_price() -> None:
    prices = book([price(), egress(VIRGINIA, "0.09"), egress(IRELAND, "0.087")])
    assert [place.id for place in prices.places] == sorted([VIRGINIA, OHIO, IRELAND, IOWA])
    assert prices.services_at(VIRGINIA) == ("aws_s3", "aws_transfer")
    assert prices.services_at(OHIO) == ()


def test_the_snapshot_id_depends_on_content_and_not_on_row_order() -> None:
    rows = [*THREE_TIERS, egress(VIRGINIA, "0.09"), egress(IRELAND, "0.087")]
    trips = [round_trip(VIRGINIA, OHIO, 11.0), round_trip(OHIO, IOWA, 20.0)]
    first = book(rows, round_trips=trips)
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        random.Random(seed).shuffle(trips)
        assert book(rows, round_trips=trips).snapshot_id == first.snapshot_id
    dearer = [*rows[:-1], rows[-1] | {"unit_price": Decimal("0.087000000001")}]
    assert book(dearer, round_trips=trips).snapshot_id != first.snapshot_id
    assert book(rows, round_trips=trips[:1]).snapshot_id != first.snapshot_id


def test_round_trips_are_measured_or_said_to_be_estimated() -> None:
    average_ms, estimated = book(round_trips=[round_trip(VIRGINIA, OHIO, 11.5)]).rtt_ms([VIRGINIA, OHIO, IRELAND])
    assert average_ms[0, 1] == 11.5
    assert not estimated[0, 1]
    assert average_ms[1, 0] == 11.5
    assert estimated[1, 0]
    assert estimated[0, 2]
    assert average_ms.diagonal().tolist() == [0.0, 0.0, 0.0]


def scalable() -> PriceBook:
    return book(
        [price(), egress(VIRGINIA, "0.09"), hire("m5.xlarge", "0.192")],
        machines=[machine()],
        transfers=[transfer(VIRGINIA, OHIO, "0.01"), transfer(OHIO, VIRGINIA, "0.01")],
    )


def test_a_what_if_scales_what_matches_and_nothing_else() -> None:
    cheaper = scalable().scaled(ratio=Decimal("0.9"), service="aws_ec2")
    found = cheaper.machine(VIRGINIA, "aws_ec2", "m5.xlarge")
    assert found is not None
    assert found.usd_per_hour() == Decimal("0.1728")
    storage = cheaper.schedule(service="aws_s3", meter="storage.standard", place_id=VIRGINIA)
    assert storage is not None
    assert storage.published_usd == (Decimal("0.023"),)
    assert cheaper.snapshot_id != scalable().snapshot_id


def test_a_what_if_on_transfer_reaches_egress_and_pairs_of_the_sender() -> None:
    dearer = scalable().scaled(ratio=Decimal(3), service="aws_transfer", place_id=VIRGINIA)
    assert dearer.transfer_micro_usd_per_gb([VIRGINIA, OHIO]).tolist() == [[0, 30_000], [10_000, 0]]
    assert dearer.transfer_micro_usd_per_gb([VIRGINIA])[0, 0] == 0
    only_pairs = scalable().scaled(ratio=Decimal(3), meter_prefix="inter_region")
    egress_price = only_pairs.schedule(service="aws_transfer", meter="internet", place_id=VIRGINIA)
    assert egress_price is not None
    assert egress_price.first_usd == Decimal("0.09")


def test_a_what_if_of_one_is_the_same_book() -> None:
    assert scalable().scaled(ratio=Decimal(1)).snapshot_id == scalable().snapshot_id


def test_a_what_if_on_nothing_is_an_error() -> None:
    with pytest.raises(NothingToScale, match="oracle"):
        scalable().scaled(ratio=Decimal("0.5"), provider="oracle")


@pytest.mark.parametrize("ratio", ["-0.1", "NaN", "Infinity"])
def test_a_what_if_by_a_ratio_that_cannot_be_meant_is_an_error(ratio: str) -> None:
    with pytest.raises(ValueError, match="ratio"):
        scalable().scaled(ratio=Decimal(ratio))


def test_changing_an_answer_does_not_change_the_book() -> None:
    prices = scalable()
    matrix = prices.transfer_micro_usd_per_gb([VIRGINIA, OHIO])
    matrix[:] = 7
    assert prices.transfer_micro_usd_per_gb([VIRGINIA, OHIO]).tolist() == [[0, 10_000], [10_000, 0]]
    offers = prices.machines(VIRGINIA, "aws_ec2")
    with pytest.raises(ValueError, match="read-only"):
        offers.pico_usd_per_hour[0, 0] = np.int64(0)
    assert set(tables([price()])) == set(prices.tables())
