"""Estate endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import Wired
from api.errors import InvalidRequest, StoreUnreadable, UnknownEstate
from api.estates.names import DEFAULT_ESTATE
from api.estates.schemas import EstateBody, EstateDetail, EstateList
from api.estates.service import describe_estate
from api.http.problems import problems

router = APIRouter(prefix="/estates", tags=["estates"])
EstateId = Annotated[str, Path(min_length=1, max_length=100, examples=[DEFAULT_ESTATE])]


@router.get("", responses=problems(StoreUnreadable))
def get_estates(services: Wired) -> EstateList:
    """Every estate that the service knows."""
    estate = describe_estate(services, DEFAULT_ESTATE)
    return EstateList(items=[EstateBody.model_validate(estate.model_dump(exclude={"periods"}))])


@router.get("/{estate_id}", responses=problems(UnknownEstate, InvalidRequest, StoreUnreadable))
def get_estate(estate_id: EstateId, services: Wired) -> EstateDetail:
    """An estate: its billing periods, their totals, what was rejected, how fresh it is."""
    return describe_estate(services, estate_id)
