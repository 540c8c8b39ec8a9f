"""Copies of datasets: declared recovery copies, and duplicates that were left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from collectors.inventory.rows import BandRow
from collectors.sample import activity
from collectors.sample.causes import COLD_DATA_IN_HOT_TIERS, STALE_DUPLICATE
from collectors.sample.datasets import BAND_AGES, MANAGED_TIERS, STORAGE_SERVICE
from collectors.sample.draws import Draws
from collectors.sample.geography import BY_CODE, PLACES, is_legal, provider_of, region_of
from collectors.sample.parts import SampleDataset
from collectors.sample.sites import scaled_count

RECOVERY_KEPT_RATIO: Final = 0.9
"""Critical datasets that have a recovery copy; for the rest it was planned and never made."""
THIRD_REGION_RATIO: Final = 0.15
"""Critical datasets that are kept in three regions."""
COPIES_IN_COOL_TIERS_RATIO: Final = 0.4
MISPLACED: Final = 3
"""Critical datasets that stand outside their legal area today: projects older than the rule."""


def misplace(draws: Draws, primaries: list[SampleDataset], scale: float) -> list[SampleDataset]:
    """The primaries, of which a handful is moved out of its legal area, on the same cloud."""
    critical = [index for index, dataset in enumerate(primaries) if dataset.row.data_class == "regulated"]
    moved = set(draws.several(critical, [1.0] * len(critical), scaled_count(MISPLACED, scale)))
    return [_outside(draws, dataset) if index in moved else dataset for index, dataset in enumerate(primaries)]


def _outside(draws: Draws, dataset: SampleDataset) -> SampleDataset:
    cloud = provider_of(dataset.row.place)
    outside = [
        place for place in PLACES if provider_of(place) == cloud and not is_legal(dataset.row.jurisdiction, place)
    ]
    return replace(dataset, row=replace(dataset.row, place=draws.one(outside)))


def recovery_copies(draws: Draws, primaries: list[SampleDataset]) -> list[SampleDataset]:
    """Declared copies of critical primaries, each in another region of their legal area."""
    critical = [dataset for dataset in primaries if dataset.row.data_class in ("restricted", "regulated")]
    kept = draws.chosen(len(critical), RECOVERY_KEPT_RATIO)
    third = draws.chosen(len(critical), THIRD_REGION_RATIO)
    copies = []
    for dataset, is_kept, has_third in zip(critical, kept, third, strict=True):
        places = _recovery_places(dataset)[: 2 if has_third else 1] if is_kept else []
        for number, place in enumerate(places, start=2):
            cool = draws.between(0, 1) < COPIES_IN_COOL_TIERS_RATIO
            copies.append(_copy(dataset, place, f"{dataset.row.dataset_id}-copy-{number}", cool=cool))
    return copies


def _recovery_places(dataset: SampleDataset) -> list[str]:
    """Legal places of another region, home country first, same cloud first."""
    jurisdiction = dataset.row.jurisdiction
    legal = [code for code in BY_CODE[jurisdiction].legal_area if code in BY_CODE]
    ordered = [place for code in sorted(legal, key=lambda code: code != jurisdiction) for place in BY_CODE[code].homes]
    elsewhere = [place for place in ordered if region_of(place) != region_of(dataset.row.place)]
    return sorted(elsewhere, key=lambda place: provider_of(place) != provider_of(dataset.row.place))


def _copy(dataset: SampleDataset, place: str, dataset_id: str, *, cool: bool) -> SampleDataset:
    service = STORAGE_SERVICE[provider_of(place)]
    tier = MANAGED_TIERS[service][2 if cool else 0]
    bands = tuple(
        replace(band, dataset_id=dataset_id, tier=tier, retrieved_gb_per_month=0.0, get_requests_per_month=0.0)
        for band in dataset.bands
    )
    row = replace(
        dataset.row,
        dataset_id=dataset_id,
        name=f"recovery copy of {dataset.row.name}",
        place=place,
        service=service,
        replica_of=dataset.row.dataset_id,
    )
    causes = frozenset[str]() if cool else frozenset({COLD_DATA_IN_HOT_TIERS})
    return replace(dataset, row=row, resource_id=f"bucket/{dataset_id}", bands=bands, causes=causes)


def stale_duplicates(draws: Draws, primaries: list[SampleDataset], scale: float) -> list[SampleDataset]:
    """Copies in another cloud from a migration or a trial: same content, nobody reads or writes them."""
    ordinary = [dataset for dataset in primaries if dataset.row.data_class not in ("restricted", "regulated")]
    number = scaled_count(activity.STALE_DUPLICATES, scale)
    copied = draws.several(ordinary, [dataset.stored_gb for dataset in ordinary], number)
    return [_duplicate(draws, dataset) for dataset in copied]


def _duplicate(draws: Draws, dataset: SampleDataset) -> SampleDataset:
    place = draws.one([place for place in PLACES if provider_of(place) != provider_of(dataset.row.place)])
    service = STORAGE_SERVICE[provider_of(place)]
    dataset_id = f"{dataset.row.dataset_id}-{provider_of(place)}-trial"
    # left behind between one and two years ago: nothing in it is younger than that
    stored_gb = (0.0, 0.0, 0.0, round(dataset.stored_gb, 3))
    bands = tuple(
        BandRow(
            dataset_id=dataset_id,
            tier=MANAGED_TIERS[service][0],
            min_age_days=youngest,
            max_age_days=oldest,
            stored_gb=gb,
            object_count=float(round(gb * dataset.objects_per_gb)),
            retrieved_gb_per_month=0.0,
            get_requests_per_month=0.0,
        )
        for (youngest, oldest), gb in zip(BAND_AGES, stored_gb, strict=True)
    )
    row = replace(
        dataset.row,
        dataset_id=dataset_id,
        name=f"trial copy of {dataset.row.name}",
        place=place,
        service=service,
        environment="development",
        written_gb_per_month=0.0,
        put_requests_per_month=0.0,
    )
    causes = frozenset({STALE_DUPLICATE, COLD_DATA_IN_HOT_TIERS})
    return replace(dataset, row=row, resource_id=f"bucket/{dataset_id}", bands=bands, causes=causes)


def resized(datasets: list[SampleDataset], factor: float) -> list[SampleDataset]:
    """The same datasets, every quantity of data times ``factor``."""
    return [
        replace(
            dataset,
            row=replace(
                dataset.row,
                written_gb_per_month=round(dataset.row.written_gb_per_month * factor, 3),
                put_requests_per_month=round(dataset.row.put_requests_per_month * factor, 1),
            ),
            bands=tuple(
                replace(
                    band,
                    stored_gb=round(band.stored_gb * factor, 3),
                    object_count=float(round(band.object_count * factor)),
                )
                for band in dataset.bands
            ),
        )
        for dataset in datasets
    ]
