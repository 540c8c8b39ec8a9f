"""Rates of every priced tier of one storage service at one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.context import Context
from optimizer.catalogue.object_storage import COPIES_ONLY, READ_FREE_OF_RETRIEVAL, tiers_of
from optimizer.pricing import CONFIDENCES, STORAGE_TIERS
from optimizer.pricing.tiers import TierSchedule
from optimizer.units import BYTES_PER_GB, PICO_USD_PER_MICRO_USD

_GB_PER_KIB: Final = 1024 / BYTES_PER_GB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TierRates:
    """Columns ``[tier]`` from the hottest priced tier to the coldest; float64 micro-USD per GB-month, request or GB.

    Storage is rated in its first volume tier: a dataset is priced as if it were alone, which overstates large estates
    by at most ``1 - cheapest_storage_ratio`` (9 % for S3 Standard beyond 500 TB); the low band uses the cheapest one.
    ``get`` and ``retrieval`` are NaN where an offline tier has no such price. ``transition`` is what the lifecycle
    pays per object for moving it here.
    """

    service: str
    tiers: tuple[str, ...]
    storage: npt.NDArray[np.float64]
    cheapest_storage_ratio: npt.NDArray[np.float64]
    put: npt.NDArray[np.float64]
    get: npt.NDArray[np.float64]
    retrieval: npt.NDArray[np.float64]
    transition: npt.NDArray[np.float64]
    monitoring: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.int8]
    minimum_days: npt.NDArray[np.float64]
    minimum_object_gb: npt.NDArray[np.float64]
    overhead_gb: npt.NDArray[np.float64]
    standard_overhead_gb: npt.NDArray[np.float64]
    is_online: npt.NDArray[np.bool_]
    is_for_copies_only: npt.NDArray[np.bool_]


def tier_rates(context: Context, service: str, place_id: str, *, asked_by: int) -> TierRates | None:
    """Rates of the tiers that are wholly priced; None where the hottest is not, for then nothing can start there."""
    found = {tier: _schedules(context, service, tier, place_id, asked_by) for tier in tiers_of(service)}
    priced = {tier: schedules for tier, schedules in found.items() if schedules is not None}
    if not found or next(iter(found)) not in priced:
        return None
    tiers = tuple(priced)
    facts = [STORAGE_TIERS[service, tier] for tier in tiers]

    def first(part: str) -> npt.NDArray[np.float64]:
        return np.array([_first(priced[tier].get(part)) for tier in tiers])

    def column(values: list[float]) -> npt.NDArray[np.float64]:
        return np.array(values, dtype=np.float64)

    storage = first("storage")
    cheapest = column([float(priced[tier]["storage"].pico_usd.min()) / PICO_USD_PER_MICRO_USD for tier in tiers])
    return TierRates(
        service=service,
        tiers=tiers,
        storage=storage,
        cheapest_storage_ratio=np.divide(cheapest, storage, out=np.ones_like(storage), where=storage > 0),
        put=first("put"),
        get=first("get"),
        retrieval=np.where([(service, tier) in READ_FREE_OF_RETRIEVAL for tier in tiers], 0.0, first("retrieval")),
        transition=np.where(np.isnan(first("transition")), first("put"), first("transition")),
        monitoring=np.nan_to_num(first("monitoring")),
        confidence=np.array([_worst(priced[tier]) for tier in tiers], dtype=np.int8),
        minimum_days=column([fact.minimum_days for fact in facts]),
        minimum_object_gb=column([fact.minimum_object_kib * _GB_PER_KIB for fact in facts]),
        overhead_gb=column([fact.overhead_kib * _GB_PER_KIB for fact in facts]),
        standard_overhead_gb=column([fact.standard_overhead_kib * _GB_PER_KIB for fact in facts]),
        is_online=np.array([fact.retrievable_online for fact in facts], dtype=bool),
        is_for_copies_only=np.array([(service, tier) in COPIES_ONLY for tier in tiers], dtype=bool),
    )


def _schedules(
    context: Context, service: str, tier: str, place_id: str, asked_by: int
) -> dict[str, TierSchedule] | None:
    """Price of each part of a tier; None when a part without which it cannot be used is missing."""
    facts = STORAGE_TIERS[service, tier]
    needed = {"storage", "put"}
    if facts.retrievable_online:
        needed |= {"get"} if (service, tier) in READ_FREE_OF_RETRIEVAL else {"get", "retrieval"}
    if facts.per_object_monitoring:
        needed.add("monitoring")
    found: dict[str, TierSchedule] = {}
    for part in ("storage", "put", "get", "retrieval", "transition", "monitoring"):
        schedule = context.prices.schedule(service=service, meter=f"{part}.{tier}", place_id=place_id)
        if schedule is not None:
            found[part] = schedule
    lacking = sorted(needed - set(found)) if found else ["storage"]
    for part in lacking:
        context.note_missing(service=service, place_id=place_id, meter=f"{part}.{tier}", asked_by=asked_by)
    return None if lacking else found


def _first(schedule: TierSchedule | None) -> float:
    return float("nan") if schedule is None else float(schedule.pico_usd[0]) / PICO_USD_PER_MICRO_USD


def _worst(schedules: dict[str, TierSchedule]) -> int:
    return max(CONFIDENCES.index(schedule.confidence) for schedule in schedules.values())
