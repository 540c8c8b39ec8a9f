"""The lifecycle search against every lifecycle there is, and against a price list read line by line."""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.candidates import generate_candidates
from optimizer.candidates.storage.lifecycle import best_lifecycle
from optimizer.domain.estate import AgeBand, Dataset
from optimizer.pricing import STORAGE_TIERS, PriceBook
from tests.candidates.books import EAST, add_storage, book_with_transfer
from tests.candidates.estates import dataset, estate, policy

TIERS = ("standard", "standard_ia", "glacier_ir", "deep_archive")
AGES = (0, 20, 45, 100, 200, 400)
DAYS_PER_MONTH = 365 / 12
BOOK = add_storage(book_with_transfer()).book()

charges = st.integers(0, 12).map(float)


@st.composite
def searches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, dict[tuple[int, int], np.ndarray]]:
    """Charges of up to four datasets, five bands and four tiers; colder tiers may be closed."""
    datasets, bands, tiers = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 4))

    def cube(*shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        return np.array(draw(st.lists(charges, min_size=size, max_size=size))).reshape(shape)

    resident = cube(datasets, bands, tiers)
    closed = np.array(draw(st.lists(st.booleans(), min_size=resident.size, max_size=resident.size))).reshape(
        resident.shape
    )
    closed[:, :, 0] = False
    leaving = {(begin, end): cube(datasets, tiers) for end in range(1, bands) for begin in range(end)}
    return np.where(closed, np.inf, resident), cube(datasets, bands, tiers), leaving


def total_of(
    row: int,
    path: tuple[int, ...],
    resident: np.ndarray,
    passing: np.ndarray,
    leaving: dict[tuple[int, int], np.ndarray],
) -> float:
    """Charge of one lifecycle of one dataset, added up band by band."""
    total, entered = 0.0, 0
    for band, tier in enumerate(path):
        total += resident[row, band, tier]
        if band and tier != path[band - 1]:
            total += passing[row, band, tier] + leaving[entered, band][row, path[band - 1]]
            entered = band
    return total


@given(searches())
@settings(max_examples=200, deadline=None)
def test_the_best_lifecycle_is_the_cheapest_of_all_monotone_ones(
    search: tuple[np.ndarray, np.ndarray, dict[tuple[int, int], np.ndarray]],
) -> None:
    resident, passing, leaving = search
    found = best_lifecycle(resident, passing, lambda begin, end: leaving[begin, end])
    datasets, bands, tiers = resident.shape
    for row in range(datasets):
        path = tuple(found[row].tolist())
        assert all(younger <= older for younger, older in pairwise(path))
        cheapest = min(
            total_of(row, other, resident, passing, leaving)
            for other in combinations_with_replacement(range(tiers), bands)
        )
        assert total_of(row, path, resident, passing, leaving) == cheapest


bands_of_a_dataset = st.lists(
    st.tuples(
        st.floats(0, 50_000),
        st.floats(0, 1e7),
        st.sampled_from((0.0, 0.0, 10.0, 3_000.0)),
        st.sampled_from((0.0, 0.0, 1e6)),
    ),
    min_size=1,
    max_size=4,
)


@given(bands_of_a_dataset, st.floats(0, 5_000), st.floats(0, 1e6))
@settings(max_examples=120, deadline=None)
def test_a_datasets_best_charge_equals_every_lifecycle_priced_by_hand(
    quantities: list[tuple[float, float, float, float]], written_gb: float, puts: float
) -> None:
    ends = [*AGES[1 : len(quantities)], None]
    thing = dataset(
        place_id="aws:eu-west-3",
        bands=tuple(
            AgeBand(
                tier="standard",
                min_age_days=AGES[index],
                max_age_days=ends[index],
                stored_gb=stored,
                object_count=objects,
                retrieved_gb_per_month=read,
                get_requests_per_month=gets,
            )
            for index, (stored, objects, read, gets) in enumerate(quantities)
        ),
        written_gb_per_month=written_gb,
        put_requests_per_month=puts,
    )
    terms = policy(candidate_places=(EAST,), horizon_months=36)
    found = generate_candidates(estate(thing), BOOK, terms)
    here = found.place_ids.index(EAST)
    rows = [row for row in range(len(found.candidate_ids)) if found.place_code[row] == here]
    ours = min(
        found.components_micro_usd[row].sum() + found.one_off_micro_usd[row, 1] / terms.horizon_months for row in rows
    )
    theirs = [
        charge
        for path in combinations_with_replacement(range(len(TIERS)), len(quantities))
        if (charge := priced_by_hand(thing, path, BOOK, terms.horizon_months)) is not None
    ]
    assert abs(ours - min(theirs)) <= 5


def priced_by_hand(thing: Dataset, path: tuple[int, ...], book: PriceBook, horizon_months: int) -> float | None:
    """Monthly micro-USD at EAST plus what arriving depends on per month of the horizon; None where a band is read in a
    tier that has to be waited for."""

    def rate(part: str, tier: str) -> float:
        schedule = book.schedule(service="aws_s3", meter=f"{part}.{tier}", place_id=EAST)
        return 0.0 if schedule is None else float(schedule.first_usd) * 1e6

    total, entered = 0.0, 0
    source_get = float(book.schedule(service="aws_s3", meter="get.standard", place_id="aws:eu-west-3").first_usd) * 1e6  # type: ignore[union-attr]
    for index, band in enumerate(thing.bands):
        tier = TIERS[path[index]]
        facts = STORAGE_TIERS["aws_s3", tier]
        is_read = band.retrieved_gb_per_month > 0 or band.get_requests_per_month > 0
        if is_read and not facts.retrievable_online:
            return None
        kib = 1024 / 1e9
        billable = max(band.stored_gb, band.object_count * facts.minimum_object_kib * kib)
        total += (billable + band.object_count * facts.overhead_kib * kib) * rate("storage", tier)
        total += band.object_count * facts.standard_overhead_kib * kib * rate("storage", "standard")
        total += band.get_requests_per_month * rate("get", tier)
        total += band.retrieved_gb_per_month * rate("retrieval", tier)
        total += band.object_count * (rate("put", tier) + source_get) / horizon_months
        if index == 0:
            total += thing.put_requests_per_month * rate("put", tier)
        elif path[index] != path[index - 1]:
            younger = thing.bands[index - 1]
            months = (band.min_age_days - younger.min_age_days) / DAYS_PER_MONTH
            ageing_gb = min(thing.written_gb_per_month, younger.stored_gb / months) if younger.stored_gb else 0.0
            objects = younger.object_count * (ageing_gb / younger.stored_gb) if younger.stored_gb else 0.0
            total += objects * rate("transition", tier)
            left = TIERS[path[index - 1]]
            short = STORAGE_TIERS["aws_s3", left].minimum_days - (band.min_age_days - thing.bands[entered].min_age_days)
            total += ageing_gb * rate("storage", left) * max(short, 0) / DAYS_PER_MONTH
            entered = index
    return total
