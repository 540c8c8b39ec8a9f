"""Policy files that ship with the product."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

REFERENCE_POLICY_FILE: Final = "reference.toml"


def load_reference_policy_text() -> str:
    """Text of the sample policy: a financial company's rules in twelve jurisdictions over three clouds."""
    return (files("collectors.policies") / REFERENCE_POLICY_FILE).read_text(encoding="utf-8")
