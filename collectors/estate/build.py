"""Bills and inventory in, estate out, with every dollar accounted for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from collectors.estate.assemble import assemble_commitments, assemble_datasets, assemble_workloads
from collectors.estate.bill_lines import BillLine, read_bill_lines, read_set_aside
from collectors.estate.flows import build_flows, price_flows_micro_usd
from collectors.estate.matching import Matching, MonthlyLine, match_lines, total_of, unmatched_costs
from collectors.estate.monthly import in_usd, monthly_amount, monthly_micro_usd
from collectors.estate.months import BillingWindow, choose_window, read_trust
from collectors.estate.observed import Observed, observe, with_observed_retrieval
from collectors.estate.oddities import (
    line_oddities,
    matching_oddities,
    rejected_oddities,
    set_aside_oddities,
    thing_oddities,
    window_oddities,
)
from collectors.estate.outcome import EstateBuild, EstateOddity, ForeignCost
from collectors.inventory import Inventory
from collectors.signals.store import SignalStore
from optimizer.domain.estate import Dataset, Estate, Workload
from optimizer.errors import MissingPrice, UnknownPlace
from optimizer.pricing import PriceBook

if TYPE_CHECKING:
    from collectors.store import IngestStore


def build_estate(
    store: IngestStore,
    inventory: Inventory,
    *,
    as_of_on: date,
    months: int = 3,
    name: str = "estate",
    prices: PriceBook | None = None,
    usd_rates: Mapping[str, Decimal] | None = None,
) -> EstateBuild:
    """The estate that the bills of the last ``months`` complete months and the inventory describe.

    Access signals in the store's folder, when there are any, correct flows and retrieval (``estate.observed``).

    ``prices`` lets observed data transfer be compared with what the lineage would cost. ``usd_rates`` are USD for one
    unit of another billing currency; cost in a currency without a rate is shown apart and is in no total.

    Raises:
        NoCompleteMonth: the store holds no complete billing month on ``as_of_on``.
        InvalidEstate: the inventory contradicts itself.
    """
    settings = store.settings()
    trust = read_trust(store, as_of_on)
    with store.connect() as connection:
        window = choose_window(connection, as_of_on=as_of_on, months=months, trust=trust)
        lines = read_bill_lines(connection, window, settings=settings)
        set_aside = read_set_aside(connection, window, settings)
    monthly, foreign = _monthly_lines(lines, window, usd_rates or {})
    matching = match_lines(monthly, inventory)
    observed = _observed(store, inventory, window)
    if observed is not None:
        inventory = with_observed_retrieval(inventory, observed)
    estate = Estate(
        name=name,
        as_of_on=as_of_on,
        billing_months=window.months,
        workloads=assemble_workloads(inventory, matching.things),
        datasets=assemble_datasets(inventory, matching.things),
        flows=build_flows(inventory, observed=observed),
        commitments=assemble_commitments(inventory),
    )
    oddities = [
        *window_oddities(window),
        *set_aside_oddities(set_aside),
        *rejected_oddities(store.periods(), window),
        *line_oddities(lines, foreign),
        *matching_oddities(matching),
        *thing_oddities((*estate.workloads, *estate.datasets), matching.things, inventory),
        *(observed.oddities if observed is not None else ()),
    ]
    lineage_micro_usd, missing = _lineage_transfer(estate, prices)
    return _outcome(estate, matching, monthly, foreign, lineage_micro_usd, (*oddities, *missing))


def _observed(store: IngestStore, inventory: Inventory, window: BillingWindow) -> Observed | None:
    signals = SignalStore.find(store.folder, limits=store.limits)
    return None if signals is None else observe(signals, inventory, window.months)


def _outcome(
    estate: Estate,
    matching: Matching,
    monthly: Sequence[MonthlyLine],
    foreign: tuple[ForeignCost, ...],
    lineage_micro_usd: int | None,
    oddities: tuple[EstateOddity, ...],
) -> EstateBuild:
    purchases = total_of(matching.purchases)
    transfer = total_of(matching.transfer_lines)
    unmatched = unmatched_costs(matching.remainder)
    counted = [entry for entry in monthly if entry.line.component != "commitment_purchase"]
    explained = lineage_micro_usd / transfer if lineage_micro_usd is not None and transfer > 0 else None
    return EstateBuild(
        estate=estate,
        unmatched=unmatched,
        matched_monthly_micro_usd=matching.matched_micro_usd,
        transfer_monthly_micro_usd=transfer,
        unmatched_monthly_micro_usd=sum(cost.monthly_micro_usd for cost in unmatched),
        total_monthly_micro_usd=total_of(counted),
        by_provider=_by_provider(counted),
        oddities=oddities,
        foreign=foreign,
        excluded_purchases_monthly_micro_usd=purchases,
        lineage_transfer_micro_usd=lineage_micro_usd,
        transfer_explained_ratio=explained,
    )


def _monthly_lines(
    lines: Iterable[BillLine], window: BillingWindow, usd_rates: Mapping[str, Decimal]
) -> tuple[tuple[MonthlyLine, ...], tuple[ForeignCost, ...]]:
    """Lines with whole micro-USD a month; those without a rate by currency and service.

    Purchases are rounded apart from the rest, so that the rest adds up to its own total.
    """
    foreign: defaultdict[tuple[str, str], list[BillLine]] = defaultdict(list)
    groups: dict[bool, list[tuple[BillLine, Decimal]]] = {False: [], True: []}
    for line in lines:
        cost_usd = in_usd(line, usd_rates)
        if cost_usd is None:
            foreign[(line.currency, line.service)].append(line)
        else:
            groups[line.component == "commitment_purchase"].append((line, cost_usd))
    monthly: list[MonthlyLine] = []
    for group in groups.values():
        counts = [window.months_of_source[line.source] for line, _ in group]
        amounts = monthly_micro_usd([cost_usd for _, cost_usd in group], counts)
        monthly.extend(
            MonthlyLine(line=line, monthly_micro_usd=amount) for (line, _), amount in zip(group, amounts, strict=True)
        )
    return tuple(monthly), tuple(_foreign_cost(key, found, window) for key, found in sorted(foreign.items()))


def _foreign_cost(key: tuple[str, str], lines: Sequence[BillLine], window: BillingWindow) -> ForeignCost:
    currency, service = key
    amount = sum(
        (monthly_amount(line.effective_cost, window.months_of_source[line.source]) for line in lines), Decimal(0)
    )
    rows = sum(line.row_count for line in lines)
    return ForeignCost(currency=currency, service=service, monthly_amount=amount, rows=rows)


def _by_provider(entries: Iterable[MonthlyLine]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in entries:
        found[entry.line.vendor] = found.get(entry.line.vendor, 0) + entry.monthly_micro_usd
    return dict(sorted(found.items()))


def _lineage_transfer(estate: Estate, prices: PriceBook | None) -> tuple[int | None, tuple[EstateOddity, ...]]:
    if prices is None:
        return None, ()
    things: tuple[Workload | Dataset, ...] = (*estate.workloads, *estate.datasets)
    place_of = {thing.id: thing.place_id for thing in things}
    try:
        return price_flows_micro_usd(estate.flows, place_of, prices), ()
    except (MissingPrice, UnknownPlace) as missing:
        meaning = "a pair of places in use without a transfer price; transfer was not compared with the lineage"
        return None, (EstateOddity(code="transfer_not_priced", meaning=meaning, count=1, examples=(str(missing),)),)
