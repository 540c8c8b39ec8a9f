"""Flows from lineage, undeclared duplicates by content, and lineage priced at transfer prices."""

from __future__ import annotations

from collectors.estate.duplicates import find_duplicates
from collectors.estate.flows import build_flows, price_flows_micro_usd
from collectors.pricing import load_price_book
from optimizer.domain.estate import Flow
from tests.estate.bills import dataset, inventory, reads, workload


def test_reads_writes_and_copies_become_flows_in_their_direction() -> None:
    rows = inventory(
        workloads=[workload("job")],
        datasets=[dataset("raw", written_gb_per_month=70.0), dataset("raw-copy", replica_of="raw")],
        lineage=[
            reads("job", "raw", 20.0, max_rtt_ms=30.0),
            reads("job", "raw", 5.0, max_rtt_ms=10.0),
            reads("job", "raw", 7.0, direction="write"),
        ],
    )
    assert build_flows(rows) == (
        Flow(source_id="job", target_id="raw", gb_per_month=7.0),
        Flow(source_id="raw", target_id="job", gb_per_month=25.0, max_rtt_ms=10.0),
        Flow(source_id="raw", target_id="raw-copy", gb_per_month=70.0),
    )


def test_the_most_read_of_equal_datasets_is_the_original() -> None:
    rows = inventory(
        datasets=[dataset(name, content_hash="same") for name in ("a", "b", "c")],
        lineage=[reads("w1", "b"), reads("w2", "b"), reads("w1", "c"), reads("w1", "a", direction="write")],
    )
    assert find_duplicates(rows) == {"a": "b", "c": "b"}


def test_without_readers_the_smaller_id_is_the_original() -> None:
    rows = inventory(datasets=[dataset(name, content_hash="same") for name in ("z", "a")])
    assert find_duplicates(rows) == {"z": "a"}


def test_declared_copies_and_datasets_without_a_hash_are_no_duplicates() -> None:
    rows = inventory(
        datasets=[
            dataset("a", content_hash="same"),
            dataset("copy", content_hash="same", replica_of="a"),
            dataset("x", content_hash=""),
            dataset("y", content_hash=""),
        ]
    )
    assert find_duplicates(rows) == {}


def test_flows_are_priced_from_place_to_place_and_cost_nothing_within_one() -> None:
    prices = load_price_book()
    place_of = {"d": "aws:us-east-1", "near": "aws:us-east-1", "far": "azure:eastus", "back": "aws:eu-west-1"}
    flows = [
        Flow(source_id="d", target_id="near", gb_per_month=1000.0),
        Flow(source_id="d", target_id="far", gb_per_month=50.0),
        Flow(source_id="back", target_id="d", gb_per_month=10.0),
    ]
    rates = prices.transfer_micro_usd_per_gb(["aws:us-east-1", "azure:eastus", "aws:eu-west-1"])
    out_to_azure, between_regions = int(rates[0, 1]), int(rates[2, 0])
    assert out_to_azure > between_regions > 0
    assert price_flows_micro_usd(flows, place_of, prices) == 50 * out_to_azure + 10 * between_regions
    assert price_flows_micro_usd(flows[:1], place_of, prices) == 0
