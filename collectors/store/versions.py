"""What the ledger knows of one billing period of one source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

FIRST_DIALECT: Final = "focus"
FIRST_NORMALISER: Final = "1"
"""What versions were made with before the ledger wrote it down."""

CostByCurrency = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodContents:
    """What one version of a period holds, before or after it is stored.

    Attributes:
        source: who billed and whom, for instance ``aws:123456789012``, or the name given by the caller.
        period: month in which the billing period starts, ``YYYY-MM``; ``unknown`` when no row tells.
        fingerprint: hash of the files that the rows came from and of the normaliser's version.
        files: SHA-256 of those files, sorted.
        focus_versions: FOCUS versions of those files, sorted.
        dialect: billing format of those files.
        normaliser: version of what turned them into these rows.
        rows: usable rows.
        rejected_rows: rows that were kept aside because they cannot be used.
        billed_cost: sum of BilledCost of the usable rows, by currency.
        effective_cost: sum of EffectiveCost of the usable rows, by currency.
        rejected_cost: sum of the readable BilledCost of the rejected rows, by currency (``unknown`` when unreadable).
    """

    source: str
    period: str
    fingerprint: str
    files: tuple[str, ...]
    focus_versions: tuple[str, ...]
    dialect: str
    normaliser: str
    rows: int
    rejected_rows: int
    billed_cost: CostByCurrency
    effective_cost: CostByCurrency
    rejected_cost: CostByCurrency


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version ready to be published: its contents and the finished files, still in the staging folder."""

    contents: PeriodContents
    row_parts: tuple[Path, ...]
    reject_parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodVersion:
    """A version in the ledger. ``version`` names it, for instance ``v2-1f0c9a3b``; ``current`` is what readers see.

    ``unchanged`` says that the call which returned it found it already there and did no work.
    """

    contents: PeriodContents
    version: str
    current: bool
    ingested_at: datetime
    unchanged: bool = False

    @property
    def source(self) -> str:
        """Who billed and whom."""
        return self.contents.source

    @property
    def period(self) -> str:
        """Month in which the billing period starts, ``YYYY-MM``."""
        return self.contents.period

    @property
    def fingerprint(self) -> str:
        """Hash of the files that the rows came from."""
        return self.contents.fingerprint

    @property
    def rows(self) -> int:
        """Usable rows."""
        return self.contents.rows

    @property
    def rejected_rows(self) -> int:
        """Rows kept aside."""
        return self.contents.rejected_rows

    @property
    def billed_cost(self) -> CostByCurrency:
        """Sum of BilledCost of the usable rows, by currency."""
        return self.contents.billed_cost

    @property
    def effective_cost(self) -> CostByCurrency:
        """Sum of EffectiveCost of the usable rows, by currency."""
        return self.contents.effective_cost

    @property
    def rejected_cost(self) -> CostByCurrency:
        """Sum of the readable BilledCost of the rejected rows, by currency."""
        return self.contents.rejected_cost
