"""The money of one recommendation, from its attributed shares and the band of its candidate."""

from __future__ import annotations

from typing import Final

from optimizer.candidates.candidate_set import BASES, ONE_OFF_PARTS, CandidateSet
from optimizer.explain.attribution import Attribution
from optimizer.explain.changes import Change
from optimizer.explain.recommendation import Priority
from optimizer.explain.recommendation_parts import Basis, MicroUsdRange, Money, OneOffParts
from optimizer.units import MICRO_USD_PER_USD, MONTHS_PER_YEAR

PRIORITY_NET_12_MONTH_USD: Final[tuple[tuple[Priority, int], ...]] = (("P1", 50_000), ("P2", 10_000), ("P3", 0))
"""A recommendation has the first priority whose net saving of twelve months it exceeds, else P4."""


def money_of(
    position: int,
    change: Change,
    *,
    attribution: Attribution,
    candidates: CandidateSet,
    committed_micro_usd: int,
) -> Money:
    """Money of the change at ``position`` of an attribution; the node takes one option."""
    option = change.chosen_options[0]
    current, recommended, egress, footprint, expected = (
        int(column[position])
        for column in (
            attribution.current_micro_usd,
            attribution.recommended_micro_usd,
            attribution.egress_delta_micro_usd,
            attribution.footprint_delta_micro_usd,
            attribution.contribution_micro_usd,
        )
    )
    one_off = one_off_parts(candidates, option)
    return Money(
        current_basis="effective" if change.current_option is None else basis_of(candidates, change.current_option),
        recommended_basis=basis_of(candidates, option),
        current_monthly_micro_usd=current,
        recommended_monthly_micro_usd=recommended,
        recurring_egress_delta_micro_usd=egress,
        footprint_delta_micro_usd=footprint,
        savings=MicroUsdRange(
            low_micro_usd=expected - max(0, int(candidates.high_micro_usd[option]) - recommended),
            expected_micro_usd=expected,
            high_micro_usd=expected + max(0, recommended - int(candidates.low_micro_usd[option])),
        ),
        savings_percent=100 * expected / current if current else None,
        stranded_commitment_monthly_micro_usd=committed_micro_usd if one_off.stranded_commitment_micro_usd else 0,
        one_off=one_off,
        payback_months=payback_months(one_off.total_micro_usd, expected),
        net_12_month_micro_usd=MONTHS_PER_YEAR * expected - one_off.total_micro_usd,
        deduplicated_contribution_micro_usd=expected,
    )


def basis_of(candidates: CandidateSet, option: int) -> Basis:
    """At which rates a candidate is costed; what comes from the bill is the effective cost."""
    named: dict[str, Basis] = {"billed": "effective", "list": "list", "contracted": "contracted"}
    return named[BASES[int(candidates.basis_code[option])]]


def one_off_parts(candidates: CandidateSet, option: int) -> OneOffParts:
    """What taking a candidate costs once, by cause."""
    amounts = candidates.one_off_micro_usd[option].tolist()
    return OneOffParts(**{f"{part}_micro_usd": amount for part, amount in zip(ONE_OFF_PARTS, amounts, strict=True)})


def payback_months(one_off_micro_usd: int, saving_micro_usd: int) -> float | None:
    """Months until a monthly saving has paid back a one-off cost; None when it never does.

    >>> payback_months(300, 100), payback_months(0, -5), payback_months(300, 0)
    (3.0, 0.0, None)
    """
    if one_off_micro_usd <= 0:
        return 0.0
    return one_off_micro_usd / saving_micro_usd if saving_micro_usd > 0 else None


def priority_of(money: Money, *, is_required: bool) -> Priority:
    """Priority by the net saving of twelve months; what a rule requires comes first whatever it costs."""
    if is_required:
        return "P1"
    net_usd = money.net_12_month_micro_usd / MICRO_USD_PER_USD
    return next((priority for priority, limit in PRIORITY_NET_12_MONTH_USD if net_usd > limit), "P4")
