"""All places together: sorted by node, named, counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block, joined
from optimizer.candidates.candidate_set import DROP_REASONS, RESOURCES, CandidateSet, Refusal
from optimizer.candidates.context import Context
from optimizer.candidates.distinct import distinct_rows
from optimizer.candidates.filters import FILTERS
from optimizer.candidates.judged import Judged
from optimizer.candidates.report import GenerationReport, MissingPrice
from optimizer.candidates.stay import Stays
from optimizer.candidates.tally import Tally


def assembled(context: Context, judged: Sequence[Judged], stays: Stays, tally: Tally) -> CandidateSet:
    """The candidate set: nodes in order, *stay* first, then by place, service, size or lifecycle, purchase."""
    nodes, names = context.nodes, context.names
    block = joined([found.block for found in judged])
    order = np.lexsort((block.purchase, block.tier, block.sku, block.service, block.place, ~block.is_stay, block.node))
    refusals = _refusals(judged, order)
    block = block.where(order)
    per_node = np.bincount(block.node, minlength=len(nodes))
    return CandidateSet(
        node_ids=nodes.ids,
        node_is_dataset=nodes.is_dataset,
        node_start=np.concatenate([[0], np.cumsum(per_node)]).astype(np.int64),
        place_ids=context.grid.ids,
        services=names.services.names,
        skus=names.skus.names,
        tiers=names.tiers.names,
        purchases=names.purchases.names,
        resources=RESOURCES,
        candidate_ids=_candidate_ids(context, block),
        place_code=block.place,
        service_code=block.service,
        sku_code=block.sku,
        tier_code=block.tier,
        purchase_code=block.purchase,
        confidence_code=block.confidence,
        is_current=block.is_stay,
        components_micro_usd=block.components_micro_usd,
        low_micro_usd=block.low_micro_usd,
        high_micro_usd=block.high_micro_usd,
        one_off_micro_usd=block.one_off_micro_usd,
        uses=block.uses,
        dropped=tally.dropped(),
        replica_of=nodes.replica_of,
        basis_code=block.basis,
        refusals=refusals,
        report=_report(context, judged, stays, tally, per_node),
    )


def _candidate_ids(context: Context, block: Block) -> tuple[str, ...]:
    """``<node>/<place>/<service>/<size or lifecycle>/<purchase>``, ``<node>/stay``; endings are made once each."""
    names = context.names
    node_ids, place_ids = context.nodes.ids, context.grid.ids
    columns = (block.place, block.service, block.sku, block.tier, block.purchase, block.is_stay)
    kinds, kind_of = distinct_rows(columns)
    endings = [
        "/stay"
        if is_stay
        else "".join(
            f"/{part}"
            for part in (
                place_ids[place],
                names.services.names[service],
                names.skus.names[sku] or names.tiers.names[tier],
                names.purchases.names[purchase],
            )
            if part
        )
        for place, service, sku, tier, purchase, is_stay in kinds
    ]
    return tuple(
        f"{node_ids[node]}{endings[kind]}" for node, kind in zip(block.node.tolist(), kind_of.tolist(), strict=True)
    )


def _refusals(judged: Sequence[Judged], order: npt.NDArray[np.int64]) -> tuple[Refusal, ...]:
    """Rows of the places' blocks as indices of the sorted candidates, one entry per reason and statement."""
    final = np.empty(len(order), dtype=np.int64)
    final[order] = np.arange(len(order))
    offset = 0
    found: dict[tuple[str, str | None], list[npt.NDArray[np.int64]]] = {}
    for place in judged:
        for key, rows in place.refused:
            found.setdefault(key, []).append(final[offset + rows])
        offset += len(place.block)
    return tuple(
        Refusal(reason=reason, statement_id=statement_id, candidates=np.sort(np.concatenate(parts)))
        for (reason, statement_id), parts in sorted(found.items(), key=lambda item: _rank(item[0]))
        if sum(map(len, parts))
    )


def _rank(key: tuple[str, str | None]) -> tuple[int, str]:
    return DROP_REASONS.index(key[0]), key[1] or ""


def _report(
    context: Context, judged: Sequence[Judged], stays: Stays, tally: Tally, per_node: npt.NDArray[np.int64]
) -> GenerationReport:
    nodes = context.nodes
    today_micro_usd = np.zeros(len(nodes), dtype=np.int64)
    today_micro_usd[stays.block.node] = stays.block.monthly_micro_usd
    has_alternative = np.zeros(len(nodes), dtype=bool)
    for place in judged:
        has_alternative[place.has_alternative] = True
    only_stay = np.flatnonzero(nodes.exists & (per_node == 1))
    unpriced = np.flatnonzero(nodes.exists & ~has_alternative)
    return GenerationReport(
        nodes=len(nodes),
        candidates=int(per_node.sum()),
        demanded_copies=int((~nodes.exists).sum()),
        dropped_by_reason=tally.totals(tuple(chosen.reason for chosen in FILTERS if not chosen.keeps_candidate)),
        refused_by_reason=tally.totals(tuple(chosen.reason for chosen in FILTERS if chosen.keeps_candidate)),
        only_stay_node_ids=tuple(nodes.ids[node] for node in only_stay),
        only_stay_micro_usd=int(today_micro_usd[only_stay].sum()),
        unpriced_node_ids=tuple(nodes.ids[node] for node in unpriced),
        unpriced_micro_usd=int(today_micro_usd[unpriced].sum()),
        stay_from_book=stays.from_book,
        stay_without_price=stays.without_price,
        missing_prices=tuple(
            MissingPrice(service=service, place_id=place_id, meter=meter, nodes=count)
            for (service, place_id, meter), count in sorted(context.missing.items())
        ),
    )
