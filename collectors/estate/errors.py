"""Errors of the estate build.

CollectorError
└── EstateBuildError
    └── NoCompleteMonth        the store holds no month whose bills are complete (Terminal)
"""

from __future__ import annotations

from datetime import date

from collectors.errors import CollectorError, Terminal


class EstateBuildError(CollectorError):
    """An estate cannot be built from the bills and the inventory."""


class NoCompleteMonth(EstateBuildError, Terminal):
    """No billing month is complete on ``as_of_on``; ``refused`` says for each month that is there why not."""

    def __init__(self, *, as_of_on: date, refused: tuple[str, ...]) -> None:
        seen = refused or ("the store holds no bills at all",)
        super().__init__(
            f"no complete billing month on {as_of_on.isoformat()}. {''.join(f'{why}. ' for why in seen)}"
            "Expected at least one month that has ended and whose bills reach its end; ingest one, "
            "or give a later date"
        )
        self.as_of_on = as_of_on
        self.refused = refused
