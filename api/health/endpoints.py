"""Health endpoints; open to everybody, because load balancers have no key."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.dependencies import Wired
from api.health.schemas import Alive, Readiness
from api.health.service import readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
def get_health() -> Alive:
    """Whether the process lives."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Something that is needed is missing"}})
def get_readiness(services: Wired, response: Response) -> Readiness:
    """Whether the database is at the newest schema, the store can be read and a worker answers."""
    found = readiness(services)
    response.status_code = 200 if found.ready else 503
    return found
