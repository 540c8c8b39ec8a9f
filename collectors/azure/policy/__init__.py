"""Role definitions with the least that each purpose needs; create one with ``az role definition create``."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

ROLE_FILES: Final = {"billing": "bill.json", "total": "cost.json", "usage": "metrics.json"}
"""Purpose -> role definition. Reservations, savings plans and price sheets are opened by built-in roles alone."""


def role_definition_text(purpose: str) -> str:
    """The role definition for a purpose of ``ROLE_FILES``, as JSON.

    Raises:
        KeyError: there is none.
    """
    return (files("collectors.azure.policy") / ROLE_FILES[purpose]).read_text(encoding="utf-8")
