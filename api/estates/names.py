"""Names of estates. One data directory holds one estate; more are a later matter, so the noun has an id already."""

from __future__ import annotations

from typing import Final

DEFAULT_ESTATE: Final = "default"
