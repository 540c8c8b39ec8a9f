"""Bodies of the health endpoints."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(BaseModel):
    """One thing that the service needs, and whether it is there."""

    name: str
    ready: bool
    detail: str


class Readiness(BaseModel):
    """Whether the service can do its work, check by check."""

    ready: bool
    checks: list[Check]
