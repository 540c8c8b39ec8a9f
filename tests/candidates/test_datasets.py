"""Worked examples: what keeping data would cost."""

from __future__ import annotations

from optimizer.candidates import RESOURCES, generate_candidates
from optimizer.domain.estate import BilledMonth, Flow
from optimizer.domain.policy import RecoveryStatement, Selector
from tests.candidates.books import EAST, PARIS, WEST, add_storage, book_with_transfer
from tests.candidates.estates import band, dataset, estate, policy, row_of

BOOK = add_storage(book_with_transfer()).book()
TWO_COPIES = (RecoveryStatement(id="two", select=Selector(), copies=2),)


def components_of(found: object, candidate_id: str) -> list[int]:
    """Components of a candidate by id."""
    return found.components_micro_usd[row_of(found, candidate_id)].tolist()  # type: ignore[attr-defined,no-any-return]


def test_each_band_is_charged_in_its_own_tier() -> None:
    # young, read: 1,000 GB x 0.02 = 20.00; 50,000 GETs x 0.0000004 = 0.02; 20,000 PUTs x 0.000005 = 0.10
    # old, unread: Deep Archive 1,000 GB x 0.001 = 1.00
    #   + 1,000 objects x 32 KiB x 0.001 = 0.000032768 + 1,000 x 8 KiB x 0.02 = 0.00016384
    # ageing: min(100 GB written, 1,000 GB / 3 months) = 100 GB = 100 objects x 0.00005 = 0.005
    young = band(end=90, object_count=1000.0, retrieved_gb_per_month=2_000.0, get_requests_per_month=50_000.0)
    thing = dataset(
        bands=(young, band(begin=90, object_count=1000.0)),
        written_gb_per_month=100.0,
        put_requests_per_month=20_000.0,
        billed=BilledMonth(storage_micro_usd=40_000_000),
    )
    found = generate_candidates(estate(thing), BOOK, policy())
    assert components_of(found, f"d/{EAST}/aws_s3/standard>deep_archive@90d/on_demand") == [
        0,
        20_000_000 + 1_000_197,
        20_000 + 100_000 + 5_000,
        0,
        0,
    ]


def test_small_objects_are_billed_at_the_minimum_size_so_they_stay_hot() -> None:
    # 10 GB in 1,000,000 objects of 10 kB: 131.072 GB billable in IA (1.64) and in Glacier IR (0.52) against 0.20.
    thing = dataset(place_id=PARIS, bands=(band(stored_gb=10.0, object_count=1e6, retrieved_gb_per_month=0.001),))
    found = generate_candidates(estate(thing), BOOK, policy(candidate_places=(EAST,)))
    assert components_of(found, f"d/{EAST}/aws_s3/standard/on_demand")[1] == 200_000
    assert not [name for name in found.candidate_ids if EAST in name and "standard/" not in name]


def test_a_tier_that_must_be_waited_for_is_closed_to_bands_that_are_read() -> None:
    read = dataset(bands=(band(object_count=10.0, retrieved_gb_per_month=1.0),))
    unread = dataset(bands=(band(object_count=10.0),))
    assert f"d/{EAST}/aws_s3/glacier_ir/on_demand" in generate_candidates(estate(read), BOOK, policy()).candidate_ids
    assert (
        f"d/{EAST}/aws_s3/deep_archive/on_demand" in generate_candidates(estate(unread), BOOK, policy()).candidate_ids
    )


def test_everything_in_the_hottest_tier_is_the_second_candidate_elsewhere() -> None:
    found = generate_candidates(estate(dataset()), BOOK, policy(candidate_places=(EAST, WEST)))
    assert components_of(found, f"d/{WEST}/azure_blob/hot/on_demand")[1] == 18_000_000
    assert components_of(found, f"d/{WEST}/azure_blob/cool/on_demand")[1] == 10_000_000
    uses = dict(zip(RESOURCES, found.uses[row_of(found, f"d/{WEST}/azure_blob/hot/on_demand")], strict=True))
    assert uses == {"vcpu": 0.0, "memory_gib": 0.0, "stored_gb": 1000.0}


def test_a_stale_duplicate_may_be_retired_where_it_is() -> None:
    # 30-day minimum of IA, one open band (a year wide): owed (30^2 - 0) / (2 x 365) days = 1.2329 days
    # = 1,000 GB x 0.0125 x 1.2329 / (365 / 12) = 0.50666
    stale = dataset(id="stale", duplicate_of="d", bands=(band("standard_ia"),))
    found = generate_candidates(estate(dataset(), stale), BOOK, policy())
    row = row_of(found, f"stale/{EAST}/retired/on_demand")
    assert found.components_micro_usd[row].sum() == 0
    owed = 12.5 * (30 * 30 / (2 * 365)) / (365 / 12)
    assert found.one_off_micro_usd[row].tolist() == [0, 0, 0, round(owed * 1e6), 0, 100_000_000, 0]
    assert found.uses[row].sum() == 0


def test_a_duplicate_that_is_still_used_is_not_retired() -> None:
    used = dataset(id="copy", duplicate_of="d")
    flows = (Flow(source_id="copy", target_id="d", gb_per_month=1.0),)
    found = generate_candidates(estate(dataset(), used, flows=flows), BOOK, policy())
    assert not [name for name in found.candidate_ids if "retired" in name]


def test_a_missing_recovery_copy_is_a_node_that_pays_storage_and_writes_but_no_reads() -> None:
    # elsewhere hot: 1,000 GB x 0.018 = 18.00 and 20,000 PUTs x 0.000005 = 0.10; arriving: 1,000 GB x 0.09 = 90.00
    # and a million GETs and PUTs 0.40 + 5.00; setting up 4 h x 100.
    thing = dataset(
        bands=(band(retrieved_gb_per_month=5_000.0, get_requests_per_month=1e6),), put_requests_per_month=20_000.0
    )
    found = generate_candidates(estate(thing), BOOK, policy(candidate_places=(EAST, WEST), recoveries=TWO_COPIES))
    assert found.node_ids == ("d", "d/copy-2")
    assert found.replica_of == (None, "d")
    assert not found.is_current[found.node_start[1] :].any()
    row = row_of(found, f"d/copy-2/{WEST}/azure_blob/hot/on_demand")
    assert found.components_micro_usd[row].tolist() == [0, 18_000_000, 100_000, 0, 0]
    assert found.one_off_micro_usd[row].tolist() == [90_000_000, 5_400_000, 0, 0, 0, 400_000_000, 0]
    assert found.report.demanded_copies == 1


def test_declared_replicas_count_as_copies_and_are_not_copied_themselves() -> None:
    replica = dataset(id="r", replica_of="d", place_id=PARIS)
    found = generate_candidates(estate(dataset(), replica), BOOK, policy(recoveries=TWO_COPIES))
    assert found.node_ids == ("d", "r")
    assert found.replica_of == (None, "d")


def test_an_empty_dataset_has_only_stay_and_no_copies() -> None:
    found = generate_candidates(estate(dataset(bands=())), BOOK, policy(recoveries=TWO_COPIES))
    assert found.candidate_ids == ("d/stay",)


def test_data_in_a_tier_that_the_book_lacks_can_only_stay_and_is_counted() -> None:
    odd = dataset(bands=(band(object_count=10.0), band("reduced_redundancy", begin=90)))
    found = generate_candidates(estate(odd), BOOK, policy(candidate_places=(EAST, WEST)))
    assert found.candidate_ids == ("d/stay",)
    assert found.report.unpriced_micro_usd == 20_000_000
    assert ("aws_s3", EAST, "storage.reduced_redundancy") in {
        (miss.service, miss.place_id, miss.meter) for miss in found.report.missing_prices
    }


def test_a_copy_of_what_is_read_must_answer_at_once_and_of_what_is_not_may_be_archived() -> None:
    young, old = band(end=90, retrieved_gb_per_month=1.0), band(begin=90)
    replica = dataset(
        id="r",
        replica_of="d",
        bands=(
            band(end=60, object_count=10.0),
            band(begin=60, end=90, object_count=10.0),
            band(begin=90, object_count=10.0),
        ),
    )
    found = generate_candidates(estate(dataset(bands=(young, old)), replica), BOOK, policy())
    assert f"r/{EAST}/aws_s3/glacier_ir>deep_archive@90d/on_demand" in found.candidate_ids
