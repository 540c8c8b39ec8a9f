"""The price book that ships inside the package."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import collectors.pricing.build
from collectors.pricing import load_price_book
from optimizer.pricing import CONFIDENCES, MACHINE_SERVICES, PURCHASES, STORAGE_TIERS, PriceBook
from tests.reference import REFERENCE_DATA, needs_reference_data

BOOK = Path(collectors.pricing.build.__file__).parent / "book"


def test_every_row_of_every_table_says_where_it_is_from_and_under_which_licence(embedded: PriceBook) -> None:
    for name, table in embedded.tables().items():
        for column in {"source", "licence", "as_of_on", "confidence"} & set(table.column_names):
            assert table[column].null_count == 0, f"{name}.{column}"
        for column in ("source", "licence"):
            assert pc.all(pc.not_equal(table[column], "")).as_py(), f"{name}.{column}"


def test_share_alike_rows_lie_in_files_of_their_own() -> None:
    for path in BOOK.glob("*.parquet"):
        licences = set(pq.read_table(path, columns=["licence"])["licence"].to_pylist())
        if path.stem.endswith("_cc_by_sa"):
            assert licences == {"CC BY-SA 4.0"}, path.name
        else:
            assert "CC BY-SA 4.0" not in licences, path.name


def test_the_book_is_small_and_quick_to_load(embedded: PriceBook) -> None:
    assert sum(path.stat().st_size for path in BOOK.glob("*.parquet")) < 3_000_000
    started = time.process_time()
    assert load_price_book().snapshot_id == embedded.snapshot_id
    assert time.process_time() - started < 1.0


def test_all_pairs_of_places_have_a_transfer_price_and_a_round_trip(embedded: PriceBook) -> None:
    places = [place.id for place in embedded.places]
    priced = [place_id for place_id in places if embedded.transfer_confidence([place_id, places[0]])[0, 1] >= 0]
    assert priced == places
    micro_usd = embedded.transfer_micro_usd_per_gb(places)
    across = ~np.eye(len(places), dtype=bool)
    assert micro_usd[across].min() >= 8_000
    assert micro_usd.max() <= 200_000
    average_ms, estimated = embedded.rtt_ms(places)
    assert (average_ms[across] > 0).all()
    assert average_ms.max() < 500
    assert 0.3 < estimated[across].mean() < 0.9


def test_measured_round_trips_of_well_known_pairs_are_in_the_book(embedded: PriceBook) -> None:
    average_ms, estimated = embedded.rtt_ms(["aws:us-east-1", "azure:eastus", "aws:eu-west-1"])
    assert not estimated.any()
    assert average_ms[0, 1] < 10
    assert 60 < average_ms[0, 2] < 100


def test_every_storage_tier_has_facts_and_every_tier_with_facts_is_priced(embedded: PriceBook) -> None:
    home = {"aws_s3": "aws:us-east-1", "azure_blob": "azure:eastus", "gcp_gcs": "gcp:us-central1"}
    for service, tier in STORAGE_TIERS:
        for kind in ("storage", "put", "get", "retrieval"):
            assert embedded.schedule(service=service, meter=f"{kind}.{tier}", place_id=home[service]), (service, tier)
    rows = embedded.rows()
    for service in home:
        meters = set(rows.filter(pc.equal(rows["service"], service))["meter"].to_pylist())
        priced = {meter.partition(".")[2] for meter in meters if meter.startswith("put.")}
        assert priced == {tier for known, tier in STORAGE_TIERS if known == service}


def test_colder_tiers_are_cheaper_to_keep_and_dearer_to_read_at_home(embedded: PriceBook) -> None:
    home = {"aws_s3": "aws:us-east-1", "azure_blob": "azure:eastus", "gcp_gcs": "gcp:us-central1"}
    for service, place_id in home.items():
        tiers = [tier for known, tier in STORAGE_TIERS if known == service and tier != "intelligent_tiering"]
        kept = [embedded.schedule(service=service, meter=f"storage.{tier}", place_id=place_id) for tier in tiers]
        monthly_usd = [found.first_usd for found in kept if found is not None]
        assert monthly_usd == sorted(monthly_usd, reverse=True)
        ranks = [STORAGE_TIERS[service, tier].rank for tier in tiers]
        assert ranks == sorted(ranks)


def test_a_longer_commitment_is_never_dearer_than_a_shorter_one_or_none(embedded: PriceBook) -> None:
    on_demand, one_year, three_years = (PURCHASES.index(name) for name in ("on_demand", "committed_1y", "committed_3y"))
    for place in embedded.places:
        for service in MACHINE_SERVICES:
            pico_usd = embedded.machines(place.id, service).pico_usd_per_hour
            for longer, shorter in ((one_year, on_demand), (three_years, one_year)):
                both = (pico_usd[:, longer] >= 0) & (pico_usd[:, shorter] >= 0)
                assert (pico_usd[both, longer] <= pico_usd[both, shorter]).all(), (place.id, service)


def test_every_machine_has_sensible_capacities_and_three_families_are_sold(embedded: PriceBook) -> None:
    for place_id, service in (
        ("aws:us-east-1", "aws_ec2"),
        ("azure:westeurope", "azure_vm"),
        ("gcp:europe-west1", "gcp_gce"),
    ):
        offers = embedded.machines(place_id, service)
        assert set(offers.family.tolist()) == {"general", "compute", "memory"}
        ratio = offers.memory_gib / offers.vcpu
        assert ratio.min() >= 0.4
        assert ratio.max() <= 32
        assert (offers.pico_usd_per_hour[:, 0] > 0).all()


def test_laws_follow_countries_even_where_the_source_was_wrong(embedded: PriceBook) -> None:
    assert embedded.place("azure:brazilsoutheast").jurisdictions == ("BR",)
    assert embedded.place("azure:brazilsoutheast").continent == "SA"
    assert embedded.place("azure:mexicocentral").jurisdictions == ("MX",)
    assert embedded.place("gcp:europe-west3").jurisdictions == ("DE", "EU", "EEA")
    assert embedded.place("azure:uksouth").jurisdictions == ("GB", "UK")
    assert embedded.place("aws:eu-central-2").jurisdictions == ("CH",)
    assert embedded.place("aws:il-central-1").continent == "ME"
    assert not [place.id for place in embedded.places if place.region.endswith(("stg", "euap"))]


def test_estimates_are_marked_and_known_wrong_rows_are_absent(embedded: PriceBook) -> None:
    brazil = embedded.schedule(service="aws_glue", meter="dpu_hour", place_id="aws:sa-east-1")
    assert brazil is not None
    assert brazil.confidence == "estimated"
    assert brazil.charge_micro_usd(1) > 440_000
    azure = embedded.machine("azure:eastus", "azure_vm", "Standard_D4s_v5")
    assert azure is not None
    assert azure.confidence[PURCHASES.index("committed_1y")] == "low"
    assert embedded.schedule(service="snowflake", meter="credit.standard", place_id="aws:ap-south-1") is None
    sydney = {"service": "snowflake", "place_id": "aws:ap-southeast-2"}
    assert embedded.schedule(meter="credit.standard", **sydney) is not None
    assert embedded.schedule(meter="egress.internet", **sydney) is None
    assert embedded.machine("azure:australiacentral", "azure_vm", "Standard_D16ads_v5") is None
    tokyo = embedded.schedule(service="gcp_transfer", meter="internet", place_id="gcp:asia-northeast1")
    assert tokyo is not None
    assert tokyo.confidence == "estimated"
    assert set(embedded.rows()["confidence"].to_pylist()) == set(CONFIDENCES)


@needs_reference_data
def test_building_from_the_source_tables_gives_the_embedded_book(
    embedded: PriceBook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--source", str(REFERENCE_DATA), "--out", str(tmp_path)]
    assert collectors.pricing.build.main(arguments) == 0
    assert load_price_book(tmp_path).snapshot_id == embedded.snapshot_id
    for path in BOOK.glob("*.parquet"):
        assert pq.read_table(tmp_path / path.name).equals(pq.read_table(path)), path.name
    printed = capsys.readouterr().out
    assert embedded.snapshot_id in printed
    assert "rejected    887" in printed


@needs_reference_data
def test_a_known_figure_that_the_book_misses_is_reported(embedded: PriceBook) -> None:
    check = collectors.pricing.build.check_known_figures
    assert check(embedded, REFERENCE_DATA) == []
    wrong = embedded.scaled(ratio=Decimal("1.01"), service="aws_s3", meter_prefix="retrieval.glacier_ir")
    assert check(wrong, REFERENCE_DATA) == [
        "aws_s3 retrieval.glacier_ir at aws:us-east-1: book 0.030300000000, page 0.03"
    ]
