"""Rules of the format to rules of the optimizer, and back: one pair of functions each."""

from __future__ import annotations

from typing import Any

from optimizer.exchange import schemas
from optimizer.rules import (
    Allow,
    Capacity,
    Forbid,
    KeepApart,
    KeepTogether,
    MoveBudget,
    OpenCost,
    Pin,
    ProviderShare,
)
from optimizer.rules.rule import Rule
from optimizer.units import micro_usd_exactly, usd


def rule_from_document(document: schemas.RuleDocument) -> Rule:
    """The rule that a document states."""
    match document:
        case schemas.CapacityDocument():
            listed = [document.place] if isinstance(document.place, str) else document.place or []
            return Capacity(id=document.id, resource=document.resource, maximum=document.max, places=tuple(listed))
        case schemas.KeepTogetherDocument():
            return KeepTogether(id=document.id, nodes=tuple(document.nodes), by=document.by)
        case schemas.KeepApartDocument():
            return KeepApart(id=document.id, nodes=tuple(document.nodes), by=document.by)
        case schemas.MoveBudgetDocument():
            money = None if document.max_one_off is None else micro_usd_exactly(document.max_one_off)
            return MoveBudget(id=document.id, max_moves=document.max_moves, max_one_off_micro_usd=money)
        case schemas.ProviderShareDocument():
            return ProviderShare(id=document.id, provider=document.provider, max_ratio=document.max_ratio)
        case schemas.OpenCostDocument():
            return OpenCost(id=document.id, place=document.place, monthly_micro_usd=micro_usd_exactly(document.monthly))
        case schemas.AreaDocument():
            kind = Allow if isinstance(document, schemas.AllowDocument) else Forbid
            return kind(
                id=document.id,
                nodes=tuple(document.nodes),
                places=tuple(document.places),
                providers=tuple(document.providers),
                continents=tuple(document.continents),
                jurisdictions=tuple(document.jurisdictions),
            )
        case schemas.PinDocument():
            return Pin(id=document.id, nodes=tuple(document.nodes))
    raise TypeError(f"no rule is written for {type(document).__name__}")


def rule_to_document(rule: Rule) -> dict[str, Any]:
    """The rule as the format writes it; absent fields are left out."""
    stated: dict[str, Any] = {"id": rule.id, "type": rule.type}
    match rule:
        case Capacity():
            stated |= {"resource": rule.resource, "max": rule.maximum}
            if rule.places:
                stated["place"] = rule.places[0] if len(rule.places) == 1 else list(rule.places)
        case KeepTogether() | KeepApart():
            stated |= {"nodes": list(rule.nodes), "by": rule.by}
        case MoveBudget():
            if rule.max_moves is not None:
                stated["max_moves"] = rule.max_moves
            if rule.max_one_off_micro_usd is not None:
                stated["max_one_off"] = str(usd(rule.max_one_off_micro_usd))
        case ProviderShare():
            stated |= {"provider": rule.provider, "max_ratio": rule.max_ratio}
        case OpenCost():
            stated |= {"place": rule.place, "monthly": str(usd(rule.monthly_micro_usd))}
        case Allow() | Forbid():
            stated["nodes"] = list(rule.nodes)
            for name in ("places", "providers", "continents", "jurisdictions"):
                if getattr(rule, name):
                    stated[name] = list(getattr(rule, name))
        case Pin():
            stated["nodes"] = list(rule.nodes)
        case _:
            raise TypeError(f"{type(rule).__name__} is not part of the published format")
    return stated
