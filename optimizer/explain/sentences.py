"""Plain sentences about a recommendation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from optimizer.domain.estate import COMPONENTS
from optimizer.explain.recommendation import DESCRIPTION_LENGTH, ActionType
from optimizer.explain.recommendation_parts import Money, Placement, RejectedCheaper
from optimizer.units import MICRO_USD_PER_USD

_NEGLIGIBLE_MICRO_USD: Final = 5_000
"""Half a cent: a difference that would be shown as $0.00 is left out."""

_WHY: Final[dict[ActionType, str]] = {
    "retire_duplicate": "it holds the same content as another dataset and nothing reads it",
    "add_recovery_copy": "a recovery rule demands another copy",
    "start_workload": "it does not run yet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleWorth:
    """How many moves a bundle has and what they save together, a month."""

    members: int
    saving_micro_usd: int


def dollars(amount_micro_usd: float, *, signed: bool = False) -> str:
    """An amount for people: whole dollars from 100 on, cents below.

    >>> dollars(1_234_567_890), dollars(-5_250_000), dollars(12_000_000, signed=True)
    ('$1,235', '-$5.25', '+$12.00')
    """
    amount_usd = amount_micro_usd / MICRO_USD_PER_USD
    sign = "-" if amount_usd < 0 else "+" if signed and amount_usd > 0 else ""
    return f"{sign}${abs(amount_usd):,.0f}" if abs(amount_usd) >= 100 else f"{sign}${abs(amount_usd):,.2f}"


def title_of(name: str, action_type: ActionType, current: Placement | None, recommended: Placement) -> str:
    """A line of a few words: what to do with what."""
    came_from, ran_on = (current.place_id, current.service_name) if current else ("", "")
    return {
        "move_provider": f"Move {name} from {came_from} to {recommended.place_id}",
        "relocate_region": f"Move {name} from {came_from} to {recommended.place_id}",
        "move_dataset": f"Move dataset {name} from {came_from} to {recommended.place_id}",
        "change_service": f"Run {name} on {recommended.service_name} instead of {ran_on}",
        "change_storage_tier": f"Keep {name} as {_tier_in_words(recommended.tier)}",
        "resize": f"Resize {name} to {recommended.sku}",
        "change_purchase": f"Buy {name} as {recommended.purchase.replace('_', ' ')}",
        "retire_duplicate": f"Delete the unread duplicate {name}",
        "add_recovery_copy": f"Keep a recovery copy {name} in {recommended.place_id}",
        "start_workload": f"Start {name} in {recommended.place_id}",
    }[action_type]


def description_of(
    title: str,
    *,
    action_type: ActionType,
    recommended: Placement,
    money: Money,
    component_deltas_micro_usd: Sequence[int],
    broken_today: Sequence[str],
    bundle: BundleWorth | None,
    rejected: Sequence[RejectedCheaper],
) -> str:
    """One paragraph of at most 500 characters; what does not fit is left out from the end, never cut in the middle.

    ``component_deltas_micro_usd`` is recommended less current, in the order of ``COMPONENTS``; ``broken_today`` are
    the ids of rules that today's placement of the thing breaks.
    """
    parts = dict(zip(COMPONENTS, component_deltas_micro_usd, strict=True))
    parts["egress"] = money.recurring_egress_delta_micro_usd
    parts["footprint"] = money.footprint_delta_micro_usd
    shown = {name: amount for name, amount in parts.items() if abs(amount) >= _NEGLIGIBLE_MICRO_USD}
    sentences = [_opening(title, action_type, recommended, money, shown, broken_today), _worth(money, shown)]
    if bundle is not None:
        sentences.append(
            f"One of {bundle.members} moves that lean on each other: {dollars(bundle.saving_micro_usd)} a month in all."
        )
    if money.may_save_nothing and money.savings.expected_micro_usd > 0:
        sentences.append(
            f"It may save nothing: the low end of the estimate is {dollars(money.savings.low_micro_usd)} a month."
        )
    if rejected:
        sentences.append(rejection(rejected[0]))
    text = ""
    for sentence in sentences:
        longer = f"{text} {sentence}".strip()
        if len(longer) <= DESCRIPTION_LENGTH:
            text = longer
    return text


def rejection(rejected: RejectedCheaper) -> str:
    """Why not the cheaper one."""
    because = f" ({rejected.because})" if rejected.because else ""
    return (
        f"Not {rejected.placement}, {dollars(rejected.forgone_monthly_micro_usd)} a month cheaper, "
        f"because rule {rejected.rule_id}{because} forbids it."
    )


def _opening(
    title: str,
    action_type: ActionType,
    recommended: Placement,
    money: Money,
    shown: dict[str, int],
    broken_today: Sequence[str],
) -> str:
    purchase = "" if recommended.purchase in ("", "on_demand") else f", {recommended.purchase.replace('_', ' ')}"
    as_what = (
        " ".join(part for part in (recommended.service_name, recommended.sku, recommended.tier) if part) + purchase
    )
    if action_type in _WHY:
        return f"{title}: {_WHY[action_type]}."
    best = min(shown, key=shown.__getitem__, default=None)
    if broken_today:
        why = f"because today's placement breaks rule {broken_today[0]}"
    elif best is None or shown[best] >= 0 or money.savings.expected_micro_usd <= 0:
        why = "because it goes with other moves of the plan; by itself it saves nothing"
    else:
        why = f"because {best} costs {dollars(-shown[best])} a month less"
    return f"{title} ({as_what}) {why}."


def _worth(money: Money, shown: dict[str, int]) -> str:
    expected = money.savings.expected_micro_usd
    worth = f"Saves {dollars(expected)} a month" if expected > 0 else f"Costs {dollars(-expected)} a month more"
    itemised = ", ".join(f"{name} {dollars(amount, signed=True)}" for name, amount in shown.items())
    one_off = money.one_off.total_micro_usd
    if not one_off:
        once = "nothing to pay once"
    elif money.payback_months is None:
        once = f"one-off {dollars(one_off)}, never paid back by this alone"
    else:
        once = f"one-off {dollars(one_off)}, paid back in {money.payback_months:.1f} months"
    return f"{worth}: {itemised}; {once}." if itemised else f"{worth}; {once}."


def _tier_in_words(tier: str) -> str:
    return tier.replace("_", " ").replace(">", ", then ")
