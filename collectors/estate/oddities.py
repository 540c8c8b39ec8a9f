"""What a person should look at after an estate build, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from collectors.commit.reconcile import amounts
from collectors.estate.bill_lines import BillLine, SetAside
from collectors.estate.matching import Matching, MonthlyLine, ThingCost, total_of
from collectors.estate.months import BillingWindow
from collectors.estate.outcome import EstateOddity, ForeignCost
from collectors.inventory import Inventory
from collectors.store import PeriodVersion
from optimizer.domain.estate import Dataset, Workload

EXAMPLES: Final = 5
_ANYWHERE: Final = ("", "global", "unassigned")


def set_aside_oddities(set_aside: Sequence[SetAside]) -> list[EstateOddity]:
    """Marketplace lines that another source bills in detail."""
    return _oddity(
        "set_aside_marketplace",
        "lines of a cloud's bill that another source bills in detail; they count there, once",
        [f"{each.source}: {each.effective_cost} {each.currency} over the months used" for each in set_aside],
        count=sum(each.row_count for each in set_aside),
    )


def rejected_oddities(periods: Sequence[PeriodVersion], window: BillingWindow) -> list[EstateOddity]:
    """Rows of the months used that could not be used: their cost is on the bills and in no figure."""
    found = [each for each in periods if each.rejected_rows and each.period in window.months]
    return _oddity(
        "rejected_rows",
        "rows of the bills that cannot be used; their cost is in no figure",
        [f"{each.source} {each.period}: {amounts(each.rejected_cost)}" for each in found],
        count=sum(each.rejected_rows for each in found),
    )


def window_oddities(window: BillingWindow) -> list[EstateOddity]:
    """Months that were not used and sources that lack a month."""
    incomplete = [why for why in window.refused if why not in window.withheld]
    return [
        *_oddity("month_not_used", "a bill that is not complete; its month is left out", incomplete),
        *_oddity(
            "month_withheld",
            "a bill that does not add up or stands there twice; no recommendation rests on its month",
            window.withheld,
        ),
        *_oddity(
            "source_with_gaps",
            "a source without a bill in some month used; its cost is averaged over the months it has",
            window.sources_with_gaps,
        ),
    ]


def line_oddities(lines: Sequence[BillLine], foreign: Sequence[ForeignCost]) -> list[EstateOddity]:
    """Rows without effective cost and rows in a currency without a rate."""
    without = [line for line in lines if line.rows_without_cost]
    return [
        *_oddity(
            "effective_cost_missing",
            "rows without EffectiveCost; they count as nothing",
            sorted({line.service for line in without}),
            count=sum(line.rows_without_cost for line in without),
        ),
        *_oddity(
            "other_currency",
            "cost in a currency without a rate; it is in no total",
            [f"{cost.service}: {cost.monthly_amount} {cost.currency} a month" for cost in foreign],
            count=sum(cost.rows for cost in foreign),
        ),
    ]


def matching_oddities(matching: Matching) -> list[EstateOddity]:
    """Meters that no row of the classification knows, and commitment purchases that carry effective cost."""
    unclassified = matching.remainder.get("unclassified", ())
    charged_purchases = [entry for entry in matching.purchases if entry.line.effective_cost != 0]
    return [
        *_oddity(
            "unclassified_meter",
            "a meter that is in no row of the classification; its cost is unmatched",
            _names(unclassified, lambda line: f"{line.vendor}: {line.service}: {line.meter or 'no meter'}"),
            monthly_micro_usd=total_of(unclassified),
        ),
        *_oddity(
            "purchase_with_effective_cost",
            "a commitment purchase with an effective cost; it is left out because usage rows carry it already",
            _names(charged_purchases, lambda line: line.commitment_id or line.service),
            monthly_micro_usd=total_of(charged_purchases),
        ),
    ]


def thing_oddities(
    things: Iterable[Workload | Dataset], costs: Mapping[str, ThingCost], inventory: Inventory
) -> list[EstateOddity]:
    """Things no bill shows, with negative cost, billed elsewhere than the inventory says, or covered by strangers."""
    known = {row.commitment_id for row in inventory.commitments}
    in_order = sorted(things, key=lambda thing: thing.id)
    billed = [(thing, costs[thing.id]) for thing in in_order if thing.id in costs]
    unknown: dict[str, int] = {}
    for _, cost in billed:
        for name in cost.by_commitment.keys() - known:
            unknown[name] = unknown.get(name, 0) + cost.by_commitment[name]
    several = [thing.id for thing, cost in billed if len(known & cost.by_commitment.keys()) > 1]
    elsewhere = [(thing.id, region, amount) for thing, cost in billed for region, amount in _elsewhere(thing, cost)]
    negative = [thing for thing in in_order if min(costs.get(thing.id, ThingCost()).by_component.values()) < 0]
    return [
        *_oddity(
            "not_on_any_bill",
            "in the inventory but on no bill; staying is then priced from the price book",
            [thing.id for thing in in_order if thing.id not in costs],
        ),
        *_oddity(
            "negative_cost",
            "a component with less than nothing billed: corrections exceed the use",
            [thing.id for thing in negative],
            monthly_micro_usd=sum(thing.billed.total_micro_usd for thing in negative),
        ),
        *_oddity(
            "region_disagrees",
            "billed in another region than the inventory says",
            [f"{thing_id}: {region}" for thing_id, region, _ in elsewhere],
            monthly_micro_usd=sum(amount for _, _, amount in elsewhere),
        ),
        *_oddity(
            "unknown_commitment",
            "covers use on the bill but is not in the inventory; a move is not charged for leaving it",
            sorted(unknown),
            monthly_micro_usd=sum(unknown.values()),
        ),
        *_oddity(
            "several_commitments",
            "covered by more than one commitment; all of it is taken as owed until the largest ends",
            several,
        ),
    ]


def _elsewhere(thing: Workload | Dataset, cost: ThingCost) -> list[tuple[str, int]]:
    own = _plain(thing.place_id.partition(":")[2])
    return [
        (region, amount)
        for region, amount in sorted(cost.by_region.items())
        if region.lower() not in _ANYWHERE and _plain(region) != own
    ]


def _plain(region: str) -> str:
    return "".join(letter for letter in region.lower() if letter.isalnum())


def _names(entries: Iterable[MonthlyLine], name: Callable[[BillLine], str]) -> list[str]:
    """Distinct names, the costliest first."""
    cost: dict[str, int] = {}
    for entry in entries:
        label = name(entry.line)
        cost[label] = cost.get(label, 0) + entry.monthly_micro_usd
    return sorted(cost, key=lambda label: (-abs(cost[label]), label))


def _oddity(
    code: str, meaning: str, names: Sequence[str], *, count: int | None = None, monthly_micro_usd: int = 0
) -> list[EstateOddity]:
    """One oddity, or none when nothing shows it."""
    if not names:
        return []
    return [
        EstateOddity(
            code=code,
            meaning=meaning,
            count=len(names) if count is None else count,
            monthly_micro_usd=monthly_micro_usd,
            examples=tuple(names[:EXAMPLES]),
        )
    ]
