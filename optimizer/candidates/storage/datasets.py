"""Candidates of datasets at one place: the best lifecycle, everything in the hottest tier, and retirement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block, blank_block
from optimizer.candidates.candidate_set import ONE_OFF_PARTS, RESOURCES
from optimizer.candidates.context import Context
from optimizer.candidates.places import UNKNOWN
from optimizer.candidates.storage.bands import BandColumns
from optimizer.candidates.storage.charges import LifecycleCharges, lifecycle_charges
from optimizer.candidates.storage.lifecycle import best_lifecycle
from optimizer.candidates.storage.monthly import early_delete, tier_charges
from optimizer.candidates.storage.moves import arrival_charges
from optimizer.candidates.storage.names import lifecycle_codes
from optimizer.candidates.storage.tier_rates import TierRates, tier_rates
from optimizer.candidates.storage.todays import DatasetGroup
from optimizer.catalogue.error_bands import ACCESS_HIGH_RATIO, ACCESS_LOW_RATIO, PRICE_ERROR_RATIO
from optimizer.catalogue.object_storage import RETIRED, SERVICE_OF_HOST
from optimizer.domain.estate import COMPONENTS

_PURCHASE: Final = "on_demand"


def dataset_blocks(context: Context, groups: Sequence[DatasetGroup], place_code: int) -> list[Block]:
    """Candidates at one place, with the parts of the one-off cost that depend on bytes and tiers."""
    place = context.grid.places[place_code]
    service = SERVICE_OF_HOST.get(place.provider)
    asked_by = sum(len(group.bands) for group in groups)
    if service is None or asked_by == 0:
        return []
    rates = tier_rates(context, service, place.id, asked_by=asked_by)
    blocks = []
    for group in groups:
        if rates is None:
            unpriced = blank_block(
                len(group.bands),
                node=group.bands.node,
                place=place_code,
                service=context.names.services.code(service),
                is_priced=False,
            )
            blocks.append(unpriced)
        else:
            blocks.extend(_blocks(context, group, rates, place_code))
    blocks.extend(_retirements(context, groups, place_code))
    return blocks


def _blocks(context: Context, group: DatasetGroup, rates: TierRates, place_code: int) -> list[Block]:
    bands, nodes = group.bands, context.nodes
    service = context.names.services.code(rates.service)
    in_place = (nodes.place[bands.node] == place_code) & (nodes.service[bands.node] == service)
    charges = tier_charges(bands, rates)
    arrival = arrival_charges(bands, rates, group.source, in_place)
    paid_ratio, _ = context.ratio_of(rates.service)
    weights = charges.resident * paid_ratio + arrival.total / context.policy.horizon_months
    best = best_lifecycle(
        np.where(charges.is_open & np.isfinite(weights), weights, np.inf),
        charges.transition * paid_ratio,
        lambda begin, end: early_delete(bands, rates, begin=begin, end=end) * paid_ratio,
    )
    hottest = np.zeros_like(best)
    is_todays = in_place & (best == group.source.tier).all(axis=1)
    hot_is_new = (best != 0).any(axis=1) & ~(in_place & (group.source.tier == 0).all(axis=1))
    blocks = []
    for path, wanted in ((best, ~is_todays), (hottest, hot_is_new)):
        rows = np.flatnonzero(wanted)
        charged = lifecycle_charges(bands, rates, charges, arrival, path)
        blocks.append(_block(context, bands, rates, charged, path, place_code, in_place).where(rows))
    return blocks


def _block(
    context: Context,
    bands: BandColumns,
    rates: TierRates,
    charged: LifecycleCharges,
    path: npt.NDArray[np.int8],
    place_code: int,
    in_place: npt.NDArray[np.bool_],
) -> Block:
    paid_ratio, basis = context.ratio_of(rates.service)
    error = np.array(PRICE_ERROR_RATIO)[charged.confidence]
    access = (charged.requests + charged.retrieval) * paid_ratio
    low = charged.cheapest_storage * paid_ratio + ACCESS_LOW_RATIO * access
    high = charged.storage * paid_ratio + ACCESS_HIGH_RATIO * access
    one_off, is_priced, confidence = _one_off(context, bands, charged, place_code, in_place)
    uses = np.zeros((len(bands), len(RESOURCES)))
    uses[:, RESOURCES.index("stored_gb")] = bands.stored_gb.sum(axis=1)
    components = np.zeros((len(bands), len(COMPONENTS)))
    for name in ("storage", "requests", "retrieval"):
        components[:, COMPONENTS.index(name)] = getattr(charged, name) * paid_ratio
    return blank_block(
        len(bands),
        node=bands.node,
        place=place_code,
        service=context.names.services.code(rates.service),
        tier=lifecycle_codes(context.names.tiers, rates.tiers, path, bands.min_age_days),
        purchase=context.names.purchases.code(_PURCHASE),
        confidence=confidence,
        basis=basis,
        is_priced=is_priced,
        components_micro_usd=np.rint(components),
        low_micro_usd=np.rint(low * (1 - error)),
        high_micro_usd=np.rint(high * (1 + error)),
        one_off_micro_usd=one_off,
        uses=uses,
    )


def _one_off(
    context: Context,
    bands: BandColumns,
    charged: LifecycleCharges,
    place_code: int,
    in_place: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.int8]]:
    """One-off parts, whether all of them are priced, and the worst confidence together with the monthly charges."""
    origin = context.nodes.origin[bands.node]
    per_gb = context.grid.transfer_micro_usd_per_gb[origin, place_code]
    arriving = np.stack([charged.arrival_requests, charged.arrival_retrieval, charged.arrival_early_delete], axis=1)
    is_priced = (per_gb != UNKNOWN) & np.isfinite(arriving).all(axis=1)
    one_off = np.zeros((len(bands), len(ONE_OFF_PARTS)), dtype=np.int64)
    egress = np.where(in_place | (per_gb == UNKNOWN), 0.0, bands.stored_gb.sum(axis=1) * per_gb)
    one_off[:, ONE_OFF_PARTS.index("egress")] = np.rint(egress)
    for column, name in enumerate(("requests", "retrieval", "early_delete")):
        one_off[:, ONE_OFF_PARTS.index(name)] = np.rint(np.nan_to_num(arriving[:, column]))
    transfer = np.where(in_place, 0, context.grid.transfer_confidence[origin, place_code])
    return one_off, is_priced, np.maximum(charged.confidence, transfer).astype(np.int8)


def _retirements(context: Context, groups: Sequence[DatasetGroup], place_code: int) -> list[Block]:
    """A stale duplicate may be deleted where it is: no monthly charge, only what its tiers' minimum durations owe."""
    nodes = context.nodes
    blocks = []
    for group in groups:
        node = group.bands.node
        rows = np.flatnonzero(nodes.is_stale_duplicate[node] & (nodes.place[node] == place_code))
        owed = group.source.early_delete[rows].sum(axis=1)
        one_off = np.zeros((len(rows), len(ONE_OFF_PARTS)))
        one_off[:, ONE_OFF_PARTS.index("early_delete")] = np.rint(np.nan_to_num(owed))
        blocks.append(
            blank_block(
                len(rows),
                node=node[rows],
                place=place_code,
                service=context.names.services.code(RETIRED),
                purchase=context.names.purchases.code(_PURCHASE),
                is_priced=np.isfinite(owed),
                one_off_micro_usd=one_off,
            )
        )
    return blocks
