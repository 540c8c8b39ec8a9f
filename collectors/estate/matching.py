"""Gives every line of the bills to one workload or dataset, to data transfer, or to a named remainder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from collectors.estate.bill_lines import BillLine
from collectors.estate.classify import PLACEABLE
from collectors.estate.outcome import UnmatchedCost
from collectors.inventory import Inventory
from optimizer.domain.estate import BilledMonth

_AZURE_ID_START: Final = "/subscriptions/"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyLine:
    """A line of the bills with its monthly cost."""

    line: BillLine
    monthly_micro_usd: int


@dataclass(slots=True, kw_only=True)
class ThingCost:
    """What the bills show for one workload or dataset, a month."""

    by_component: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PLACEABLE, 0))
    by_commitment: dict[str, int] = field(default_factory=dict)
    by_account: dict[tuple[str, str], int] = field(default_factory=dict)
    by_region: dict[str, int] = field(default_factory=dict)
    rows: int = 0

    def add(self, entry: MonthlyLine) -> None:
        """Adds one line."""
        line, amount = entry.line, entry.monthly_micro_usd
        self.by_component[line.component] += amount
        self.rows += line.row_count
        if line.commitment_id:
            self.by_commitment[line.commitment_id] = self.by_commitment.get(line.commitment_id, 0) + amount
        account = (line.billing_account_id, line.sub_account_id)
        self.by_account[account] = self.by_account.get(account, 0) + amount
        self.by_region[line.region] = self.by_region.get(line.region, 0) + amount

    def billed(self) -> BilledMonth:
        """The components."""
        return BilledMonth(**{f"{name}_micro_usd": self.by_component[name] for name in PLACEABLE})

    def account(self) -> tuple[str, str]:
        """Billing account and sub-account that carry most of the cost; ties: the smaller name."""
        if not self.by_account:
            return "", ""
        return min(self.by_account, key=lambda account: (-self.by_account[account], account))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Every line in exactly one of ``things``, ``transfer_lines``, ``remainder`` (reason -> lines), ``purchases``."""

    things: dict[str, ThingCost]
    transfer_lines: tuple[MonthlyLine, ...]
    remainder: dict[str, tuple[MonthlyLine, ...]]
    purchases: tuple[MonthlyLine, ...]

    @property
    def matched_micro_usd(self) -> int:
        """Monthly cost of all workloads and datasets."""
        return sum(sum(cost.by_component.values()) for cost in self.things.values())


def match_lines(lines: Iterable[MonthlyLine], inventory: Inventory) -> Matching:
    """Joins on the resource ids of the inventory; one that belongs to nothing in it is unknown.

    Ids of Azure are compared without regard to case, as Azure does.
    """
    known = {row.workload_id for row in inventory.workloads} | {row.dataset_id for row in inventory.datasets}
    owner = {_comparable(row.resource_id): row.belongs_to for row in inventory.resources if row.belongs_to in known}
    things: dict[str, ThingCost] = {}
    others: defaultdict[str, list[MonthlyLine]] = defaultdict(list)
    for entry in lines:
        thing_id = owner.get(_comparable(entry.line.resource_id))
        reason = _reason(entry.line, is_known=thing_id is not None)
        if reason == "" and thing_id is not None:
            things.setdefault(thing_id, ThingCost()).add(entry)
        else:
            others[reason].append(entry)
    transfer_lines = tuple(others.pop("transfer", ()))
    purchases = tuple(others.pop("commitment_purchase", ()))
    remainder = {reason: tuple(entries) for reason, entries in others.items()}
    return Matching(things=things, transfer_lines=transfer_lines, remainder=remainder, purchases=purchases)


def unmatched_costs(remainder: dict[str, tuple[MonthlyLine, ...]]) -> tuple[UnmatchedCost, ...]:
    """The remainder by service, region and reason, the largest first."""
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for reason, entries in remainder.items():
        for entry in entries:
            total = sums[(entry.line.service, entry.line.region, reason)]
            total[0] += entry.monthly_micro_usd
            total[1] += entry.line.row_count
    found = [
        UnmatchedCost(service=service, region=region, reason=reason, monthly_micro_usd=amount, rows=rows)
        for (service, region, reason), (amount, rows) in sums.items()
    ]
    return tuple(sorted(found, key=lambda cost: (-abs(cost.monthly_micro_usd), cost.service, cost.region, cost.reason)))


def total_of(entries: Sequence[MonthlyLine]) -> int:
    """Monthly cost of some lines together."""
    return sum(entry.monthly_micro_usd for entry in entries)


def _reason(line: BillLine, *, is_known: bool) -> str:
    """'' for a line that belongs to a workload or dataset, else where it goes instead."""
    if line.component == "other":
        return "unclassified"
    if line.component not in PLACEABLE:
        return line.component
    if not line.resource_id:
        return "no_resource_id"
    return "" if is_known else "unknown_resource"


def _comparable(resource_id: str) -> str:
    lowered = resource_id.lower()
    return lowered if lowered.startswith(_AZURE_ID_START) else resource_id
