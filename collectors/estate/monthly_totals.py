"""What the bills came to in each month: the history that a forecast starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from collectors.commit.overlaps import set_aside_sql
from collectors.estate.bill_lines import IS_COMMITMENT_SQL
from collectors.store import IngestStore
from optimizer.units import micro_usd_rounded

# Purchases of commitments are left out: their cost is in the usage that they cover. So are marketplace lines that
# another source bills in detail.
_TOTALS_SQL: Final = """
SELECT strftime(BillingPeriodStart, '%Y-%m') AS month, sum(EffectiveCost)
FROM cost_and_usage
WHERE BillingCurrency = ? AND strftime(BillingPeriodStart, '%Y-%m') IN (SELECT unnest(?))
  AND NOT (coalesce(ChargeCategory, '') = 'Purchase' AND {is_commitment}) AND NOT ({set_aside})
GROUP BY month ORDER BY month
"""


def monthly_totals(store: IngestStore, months: Sequence[str], *, currency: str = "USD") -> tuple[tuple[str, int], ...]:
    """Month (``2026-08``) and effective cost in micro-USD, ascending, for the months that have charges."""
    with store.connect() as connection:
        query = _TOTALS_SQL.format(is_commitment=IS_COMMITMENT_SQL, set_aside=set_aside_sql(store.settings()))
        rows = connection.execute(query, [currency, list(months)]).fetchall()
    return tuple((month, micro_usd_rounded(total)) for month, total in rows)
