"""The estate build understands the sample's bills as it would real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.estate import EstateBuild, build_estate
from collectors.focus import ingest_files
from collectors.inventory import read_inventory
from collectors.sample import SampleManifest
from collectors.store import IngestStore
from optimizer.pricing.book import PriceBook
from tests.sample.conftest import INGESTED_AT


@pytest.fixture(scope="module")
def build(small: SampleManifest, book: PriceBook, tmp_path_factory: pytest.TempPathFactory) -> EstateBuild:
    store = IngestStore.open(Path(tmp_path_factory.mktemp("store")))
    ingest_files(store, small.bills, ingested_at=INGESTED_AT)
    return build_estate(store, read_inventory(small.inventory), as_of_on=small.as_of_on, prices=book)


def test_every_line_is_recognised_and_everything_listed_is_on_the_bills(build: EstateBuild) -> None:
    assert build.oddities == ()
    assert "other" not in {unmatched.reason for unmatched in build.unmatched}
    assert {unmatched.reason for unmatched in build.unmatched} == {
        "commitment_unused", "credit", "marketplace", "no_resource_id", "support", "tax", "unknown_resource",
    }  # fmt: skip


def test_what_cannot_be_matched_is_a_small_part(build: EstateBuild) -> None:
    assert 0.02 < build.unmatched_monthly_micro_usd / build.total_monthly_micro_usd < 0.1


def test_lineage_explains_the_transfer_on_the_bills_up_to_the_negotiated_discount(build: EstateBuild) -> None:
    assert build.transfer_monthly_micro_usd > 0
    assert build.transfer_explained_ratio == pytest.approx(1.06, abs=0.06)


def test_fleets_under_commitments_know_which_one_pays(build: EstateBuild) -> None:
    committed = [workload for workload in build.estate.workloads if workload.purchase.startswith("committed")]
    assert committed
    for workload in committed:
        assert workload.commitment_id is not None
        assert workload.committed_micro_usd == workload.billed.compute_micro_usd
