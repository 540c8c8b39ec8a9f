"""Names the placement that an option of a problem stands for."""

from __future__ import annotations

from typing import Final

from optimizer.candidates.candidate_set import CandidateSet
from optimizer.explain.recommendation_parts import Placement
from optimizer.problem.problem import Problem

SOLD_BY_THEMSELVES: Final = ("snowflake", "databricks")
"""Services whose seller is not the provider of the region that they run in."""

RETIRED: Final = "retired"
"""Service of the option that stops keeping something."""


def seller_of(service: str, *, host_provider: str) -> str:
    """Who sells a service in a region of ``host_provider``.

    >>> seller_of("snowflake", host_provider="aws"), seller_of("aws_s3", host_provider="aws")
    ('snowflake', 'aws')
    """
    return next((seller for seller in SOLD_BY_THEMSELVES if service.startswith(seller)), host_provider)


def placement_of(problem: Problem, candidates: CandidateSet, option: int) -> Placement:
    """The placement behind an option; candidates and options are numbered alike."""
    place = problem.places[int(problem.option_place[option])]
    service = candidates.services[int(candidates.service_code[option])]
    return Placement(
        provider=seller_of(service, host_provider=place.provider),
        host_provider=place.provider,
        region_id=place.region,
        place_id=place.id,
        service_name=service,
        sku=candidates.skus[int(candidates.sku_code[option])],
        tier=candidates.tiers[int(candidates.tier_code[option])],
        purchase=candidates.purchases[int(candidates.purchase_code[option])],
    )
