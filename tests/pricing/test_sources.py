"""Readers of source tables, on small tables written here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import collectors.pricing.build
from collectors.pricing import InvalidPriceSource, load_price_book
from collectors.pricing.files import write_book
from collectors.pricing.sources.azure_vm import has_intel
from collectors.pricing.sources.drafts import SHARE_ALIKE, DraftPlace, DraftPrice, Drafts, Origin
from collectors.pricing.sources.ec2 import processor_of
from collectors.pricing.sources.machines import aws_family, azure_family, family_by_memory
from collectors.pricing.sources.places import jurisdictions_of, read_places
from collectors.pricing.sources.price_index import RegionalIndex
from collectors.pricing.sources.reading import csv_rows, json_document, yaml_decimals
from collectors.pricing.sources.round_trips import read_round_trips
from tests.pricing.books import OHIO, VIRGINIA, price, tables

ORIGIN = Origin(source="a test", as_of_on=date(2026, 9, 18), licence="facts")


def places(*place_ids: str) -> Drafts:
    drafts = Drafts()
    for place_id in place_ids:
        drafts.places[place_id] = DraftPlace(
            place_id=place_id,
            continent="NA",
            jurisdictions=("US",),
            city="",
            latitude_degrees=0.0,
            longitude_degrees=0.0,
            origin=ORIGIN,
        )
    return drafts


def test_a_missing_source_table_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = collectors.pricing.build.main(["--source", str(tmp_path), "--out", str(tmp_path / "out")])
    assert code == 2
    assert "regions_sparecores_2026-01-31.csv: no such file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_source_table_without_a_column_is_named_with_the_column(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("region,usd\nhere,1\n")
    with pytest.raises(InvalidPriceSource, match=r"prices\.csv: lacks the columns \['hour'\]"):
        list(csv_rows(tmp_path / "prices.csv", ("region", "hour")))


def test_a_document_that_is_not_json_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text('{\n"a": 0.1,\n}')
    with pytest.raises(InvalidPriceSource, match="line 3 is not JSON"):
        json_document(tmp_path / "prices.json")


def test_numbers_of_a_document_stay_exact(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text('{"usd": 0.0000004}')
    assert json_document(tmp_path / "prices.json") == {"usd": Decimal("0.0000004")}


def test_one_section_of_a_yaml_file_is_read_by_its_paths(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(
        "scan:\n  # by region\n  us-east-1: 5.0\nnode:\n  big:\n    us: 1\n    eu: 2\n  small:\n    us: 0.5\n"
    )
    assert yaml_decimals(path, "scan") == {("us-east-1",): Decimal("5.0")}
    node = {("big", "us"): Decimal(1), ("big", "eu"): Decimal(2), ("small", "us"): Decimal("0.5")}
    assert yaml_decimals(path, "node") == node
    with pytest.raises(InvalidPriceSource, match="no section 'gone'"):
        yaml_decimals(path, "gone")


def test_a_price_at_an_unknown_place_is_counted_and_not_kept() -> None:
    drafts = places(VIRGINIA)
    for place_id in (VIRGINIA, OHIO, OHIO):
        drafts.price(
            DraftPrice(service="aws_s3", meter="get", place_id=place_id, unit="request", usd=Decimal(1), origin=ORIGIN)
        )
    assert [draft.place_id for draft in drafts.prices] == [VIRGINIA]
    assert drafts.rejected == {("a test", f"place not in the regions table: {OHIO}"): 2}


def test_tiers_end_where_the_next_begins_and_the_last_is_open() -> None:
    drafts = places(VIRGINIA)
    anchor = DraftPrice(service="aws_s3", meter="storage", place_id=VIRGINIA, unit="GB", usd=Decimal(0), origin=ORIGIN)
    drafts.tiers(anchor, [(0.0, Decimal(3), ORIGIN), (10.0, Decimal(2), ORIGIN), (20.0, Decimal(1), ORIGIN)])
    assert [(draft.tier_min, draft.tier_max, draft.usd) for draft in drafts.prices] == [
        (0.0, 10.0, 3),
        (10.0, 20.0, 2),
        (20.0, None, 1),
    ]


def index(provider: str = "azure", *, sizes: int = 20) -> RegionalIndex:
    home = {"aws": "us-east-1", "azure": "eastus"}[provider]
    ratios = {home: Decimal(1), "dear": Decimal("1.25")}
    return RegionalIndex(
        provider,
        {
            (region, f"size{number}"): ratio * (number + 1)
            for region, ratio in ratios.items()
            for number in range(sizes)
        },
    )


def test_a_price_is_carried_to_a_region_by_its_price_index_and_marked_estimated() -> None:
    found = index().estimate(Decimal("0.40"), "dear", ORIGIN, "eastus")
    assert found is not None
    assert found[0] == Decimal("0.50")
    assert (found[1].confidence, found[1].licence) == ("estimated", "facts")
    back = index().estimate(Decimal("0.50"), "eastus", ORIGIN.but(confidence="low"), "dear")
    assert back is not None
    assert back[0] == Decimal("0.40")
    assert back[1].confidence == "low"


def test_no_index_means_no_estimate() -> None:
    assert index().estimate(Decimal(1), "unheard-of", ORIGIN, "eastus") is None
    assert index(sizes=19).estimate(Decimal(1), "dear", ORIGIN, "eastus") is None


def test_an_estimate_by_share_alike_figures_is_share_alike() -> None:
    found = index("aws").estimate(Decimal(1), "dear", ORIGIN, "us-east-1")
    assert found is not None
    assert found[1].licence == SHARE_ALIKE


@pytest.mark.parametrize(
    ("sku", "family", "processor"),
    [
        ("m7g.large", "general", "g"),
        ("c6gn.large", "compute", "g"),
        ("r6a.large", "memory", "a"),
        ("m5ad.large", "general", "a"),
        ("m7i-flex.large", "general", "i"),
        ("m5.large", "general", "i"),
        ("mac1.metal", None, None),
        ("t3.micro", None, None),
    ],
)
def test_an_ec2_type_tells_its_family_and_processor(sku: str, family: str | None, processor: str | None) -> None:
    assert aws_family(sku) == family
    if processor is not None:
        assert processor_of(sku) == processor


@pytest.mark.parametrize(
    ("sku", "family", "intel"),
    [
        ("Standard_D4s_v5", "general", True),
        ("Standard_F8as_v6", "compute", False),
        ("Standard_E8ds_v6", "memory", True),
        ("Standard_D4pls_v6", "general", False),
        ("Standard_E8-4s_v5", None, True),
        ("Standard_L8s_v3", None, True),
    ],
)
def test_an_azure_size_tells_its_family_and_processor(sku: str, family: str | None, intel: bool) -> None:
    assert azure_family(sku) == family
    assert has_intel(sku) == intel


def test_google_sizes_are_sorted_into_families_by_memory() -> None:
    assert [family_by_memory(ratio) for ratio in (1, 2, 4, 8)] == ["compute", "compute", "general", "memory"]


def test_countries_belong_to_their_blocs() -> None:
    assert jurisdictions_of("FR") == ("FR", "EU", "EEA")
    assert jurisdictions_of("NO") == ("NO", "EEA")
    assert jurisdictions_of("CH") == ("CH",)
    assert jurisdictions_of("GB") == ("GB", "UK")


def test_staging_and_closed_regions_are_no_places(tmp_path: Path) -> None:
    folder = tmp_path / "prices/regions"
    folder.mkdir(parents=True)
    (folder / "regions_sparecores_2026-01-31.csv").write_text(
        "vendor,region_id,api_reference,country,continent,city,lat,lon,status\n"
        "azure,eastus,eastus,US,North America,Boydton,37.4,-79.8,ACTIVE\n"
        "azure,eastusstg,eastusstg,US,North America,,37.4,-79.8,INACTIVE\n"
        "azure,centraluseuap,centraluseuap,US,North America,,41.6,-93.6,ACTIVE\n"
        "aws,cn-north-1,cn-north-1,CN,Asia,Beijing,39.8,116.6,INACTIVE\n"
        "azure,mexicocentral,mexicocentral,ZA,Africa,,20.6,-100.4,ACTIVE\n"
        "gcp,1580,me-central1,QA,Asia,Doha,25.3,51.5,ACTIVE\n"
    )
    drafts = Drafts()
    read_places(tmp_path, drafts)
    assert {place_id: (place.continent, place.jurisdictions) for place_id, place in drafts.places.items()} == {
        "azure:eastus": ("NA", ("US",)),
        "azure:mexicocentral": ("NA", ("MX",)),
        "gcp:me-central1": ("ME", ("QA",)),
    }
    assert sorted(drafts.rejected.values()) == [1, 2]


def test_unsteady_round_trips_are_dropped_and_gaps_filled_from_the_second_table(tmp_path: Path) -> None:
    folder = tmp_path / "latency"
    folder.mkdir()
    (folder / "rtt_2022_04_compact.csv").write_text(
        "src,dst,min_rtt_ms,avg_rtt_ms,max_rtt_ms\n"
        "azure:eastus,azure:westus,60,61,62\n"
        "azure:westus,azure:eastus,3.6,133.8,264.0\n"
        "azure:eastus,azure:nowhere,1,1,1\n"
    )
    (folder / "azure_region_coordinates.json").write_text(
        '{"eastus": {"displayName": "East US"}, "westus": {"displayName": "West US"}}'
    )
    (folder / "azure_rtt_azscout.csv").write_text("Source,East US,West US\nEast US,,70\nWest US,71,\n")
    drafts = places("azure:eastus", "azure:westus")
    read_round_trips(tmp_path, drafts)
    found = {(trip.from_place_id, trip.to_place_id): trip.average_ms for trip in drafts.round_trips}
    assert found == {("azure:eastus", "azure:westus"): 61.0, ("azure:westus", "azure:eastus"): 71.0}
    assert sum(drafts.rejected.values()) == 2


def test_a_rebuild_replaces_the_files_of_the_former_book_and_leaves_no_other(tmp_path: Path) -> None:
    first = tables([price(), price(place_id=OHIO, licence=SHARE_ALIKE)])
    write_book(first, tmp_path)
    assert (tmp_path / "rows_cc_by_sa.parquet").is_file()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_book(first, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    (tmp_path / "README.md").write_text("kept")
    write_book(tables([price()]), tmp_path)
    assert set(before) - {path.name for path in tmp_path.iterdir()} == {"rows_cc_by_sa.parquet"}
    assert (tmp_path / "README.md").read_text() == "kept"
    assert load_price_book(tmp_path).rows().num_rows == 1


def test_a_write_that_fails_leaves_the_former_book_as_it_was(tmp_path: Path) -> None:
    write_book(tables([price()]), tmp_path)
    (tmp_path / "rows.parquet.unfinished").mkdir()  # stands in for a disk that refuses the new file
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(OSError, match="unfinished"):
        write_book(tables([price(unit_price=Decimal(1))]), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
