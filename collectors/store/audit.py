"""The audit part of the ledger: what was checked, what closed a period, how sources count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from collectors.store.checks import Closing, PeriodCheck, SourceSetting
from collectors.store.ledger_file import cost_texts, open_ledger


class Audit:
    """Reads and writes checks, closings and settings in the ledger file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep_checks(self, checks: Sequence[PeriodCheck]) -> None:
        """Write checks down, each in place of the one before of its period and level."""
        with open_ledger(self._path) as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO period_check VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        check.source,
                        check.period,
                        check.version_fingerprint,
                        check.level,
                        check.status,
                        check.expected,
                        check.found,
                        check.detail,
                        check.checked_at.astimezone(UTC).isoformat(),
                    )
                    for check in checks
                ],
            )

    def checks(self) -> tuple[PeriodCheck, ...]:
        """The last check of each period and level, whether of its current version or of one before it."""
        with open_ledger(self._path) as connection:
            rows = connection.execute("SELECT * FROM period_check ORDER BY source, period, level").fetchall()
        return tuple(
            PeriodCheck(
                source=source,
                period=period,
                version_fingerprint=fingerprint,
                level=level,
                status=status,
                expected=expected,
                found=found,
                detail=detail,
                checked_at=datetime.fromisoformat(checked_at),
            )
            for source, period, fingerprint, level, status, expected, found, detail, checked_at in rows
        )

    def close_period(self, closing: Closing) -> None:
        """Write down what closed a period, in place of what closed it before."""
        with open_ledger(self._path) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO closing VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    closing.source,
                    closing.period,
                    json.dumps(cost_texts(closing.costs), sort_keys=True),
                    json.dumps(cost_texts(closing.effective_costs), sort_keys=True),
                    closing.row_count,
                    closing.rejected_row_count,
                    closing.evidence,
                    closing.closed_at.astimezone(UTC).isoformat(),
                ),
            )

    def closings(self) -> tuple[Closing, ...]:
        """What closed each period that ever was."""
        with open_ledger(self._path) as connection:
            rows = connection.execute("SELECT * FROM closing ORDER BY source, period").fetchall()
        return tuple(
            Closing(
                source=source,
                period=period,
                costs=_costs(costs),
                effective_costs=_costs(effective_costs),
                row_count=row_count,
                rejected_row_count=rejected_row_count,
                evidence=evidence,
                closed_at=datetime.fromisoformat(closed_at),
            )
            for source, period, costs, effective_costs, row_count, rejected_row_count, evidence, closed_at in rows
        )

    def keep_setting(self, setting: SourceSetting) -> None:
        """Write down how a source counts."""
        with open_ledger(self._path) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO source_setting VALUES (?, ?, ?, ?)",
                (setting.source, setting.provider, int(setting.counts), setting.billed_through),
            )

    def settings(self) -> tuple[SourceSetting, ...]:
        """How each source counts whose connection said so."""
        with open_ledger(self._path) as connection:
            rows = connection.execute("SELECT * FROM source_setting ORDER BY source").fetchall()
        return tuple(
            SourceSetting(source=source, provider=provider, counts=bool(counts), billed_through=billed_through)
            for source, provider, counts, billed_through in rows
        )


def _costs(text: str) -> dict[str, Decimal]:
    return {currency: Decimal(cost) for currency, cost in json.loads(text).items()}
