"""What endpoints are given: the database, the settings, the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.clock import Clock
from api.database.engine import Database
from api.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything an endpoint may use."""

    database: Database
    settings: Settings
    clock: Clock


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Wired = Annotated[Services, Depends(_services)]
