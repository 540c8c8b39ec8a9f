"""Which months a billing export in BigQuery holds, and in which state, by one cheap query over four columns.

The exports are append-only: late usage and corrections are new rows with a later ``export_time``. A month is known by
how many rows it has, when the newest was exported, and the exact sums of cost and of credits. All of its rows are
counted every time, so a row that appears late, with whatever ``export_time``, is in the next delivery.

A month never has fewer rows than before. One that does has lost them (partitions that expired, as they do after 60 days
in the BigQuery sandbox, or a table made anew), and is refused: see ``RowsLost``.

Months are invoice months, which Google cuts at midnight Pacific time; usage reported late falls into the next one.
Source: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage and
https://cloud.google.com/bigquery/docs/sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from collectors.errors import InvalidManifest
from collectors.gcp.client import GcpClients, gcp_faults
from collectors.gcp.credentials import VENDOR
from collectors.gcp.relations import READ_PERMISSION, Relation, money, run_query
from collectors.gcp.tally import Tally
from collectors.months import month_bounds

_PARTITION_MARGIN: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportKind:
    """The names of what matters in one of Google's exports.

    Attributes:
        month: SQL of the invoice month as ``YYYYMM``.
        export_time, cost: columns.
        credits: column of the credits that are not in ``cost`` yet; None where ``cost`` is net.
        required: columns without which nothing can be told.
    """

    month: str
    export_time: str
    cost: str
    credits: str | None
    required: tuple[str, ...]


DETAILED_KIND: Final = ExportKind(
    month="invoice.month",
    export_time="export_time",
    cost="cost",
    credits="credits",
    required=("invoice.month", "export_time", "cost", "credits.amount"),
)
FOCUS_KIND: Final = ExportKind(
    month="FORMAT_TIMESTAMP('%Y%m', BillingPeriodStart)",
    export_time="x_ExportTime",
    cost="BilledCost",
    credits=None,
    required=("BillingPeriodStart", "x_ExportTime", "BilledCost"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthState:
    """A month as it stands: all that was exported up to ``exported_at``."""

    period: str
    exported_at: datetime
    tally: Tally


def to_mark(state: MonthState) -> str:
    """What is remembered of a month that was stored, to be given back as ``known``."""
    return json.dumps({"rows": state.tally.rows, "exported_at": state.exported_at.isoformat()})


def rows_of_mark(mark: str) -> int:
    """How many rows a month had when the mark was made; 0 where the mark does not tell."""
    try:
        return int(json.loads(mark)["rows"])
    except (ValueError, KeyError, TypeError):
        return 0  # no mark yet, or one of another version


def find_months(
    clients: GcpClients, relation: Relation, kind: ExportKind, periods: Sequence[str]
) -> dict[str, MonthState]:
    """The state of every one of ``periods`` that the export has rows of.

    Raises:
        InvalidManifest: the table lacks a column that every such export has.
        QueryRefused, NotFoundAtProvider, AccessDenied, ProviderUnavailable, CredentialsMissing: see ``run_query``.
    """
    check_columns(relation, kind.required)
    rows = run_query(
        clients,
        _tally_sql(relation, kind, len(periods)),
        reads=relation.table_id,
        parameters={
            "partitions_since": first_partition_at(min(periods)),
            **{f"month_{n}": period.replace("-", "") for n, period in enumerate(periods)},
            **{f"since_{n}": first_partition_at(period) for n, period in enumerate(periods)},
        },
    )
    with gcp_faults(f"table {relation.table_id}", permission=READ_PERMISSION):
        found = [_state(row) for row in rows]
    return {state.period: state for state in sorted(found, key=lambda state: state.period)}


def first_partition_at(period: str) -> datetime:
    """Before anything of the invoice month was exported: its first day, less a month for usage reported late."""
    return month_bounds(period)[0] - _PARTITION_MARGIN


def check_columns(relation: Relation, required: Sequence[str]) -> None:
    """Refuse a table that is no such export.

    Raises:
        InvalidManifest: it lacks one of the columns.
    """
    lacking = [path for path in required if relation.column(path) is None]
    if lacking:
        raise InvalidManifest(
            f"Google Cloud table {relation.table_id} has no column {', '.join(lacking)}; name the table of the billing "
            "export that this kind of connection is for",
            vendor=VENDOR,
            location=relation.table_id,
        )


def amount_sql(relation: Relation, kind: ExportKind) -> tuple[str, str]:
    """SQL of a row's cost and of the sum of its credits, both exact.

    Credits are summed in a subquery per row: joining with the unnested array would drop rows without credits and count
    others twice.
    """
    cost_field = relation.column(kind.cost)
    cost = kind.cost if cost_field is None else money(kind.cost, cost_field)
    amount_field = relation.column(f"{kind.credits}.amount") if kind.credits else None
    if kind.credits is None or amount_field is None:
        return cost, "NUMERIC '0'"
    return cost, f"IFNULL((SELECT SUM({money('c.amount', amount_field)}) FROM UNNEST({kind.credits}) AS c), 0)"


def _tally_sql(relation: Relation, kind: ExportKind, months: int) -> str:
    """Each month is counted in the partitions that it is fetched from, whichever other months are asked for."""
    cost, credit = amount_sql(relation, kind)
    of_months = " OR ".join(
        f"({kind.month} = @month_{n} AND {relation.within_partitions(f'since_{n}')})" for n in range(months)
    )
    return (
        f"SELECT {kind.month} AS month, MAX({kind.export_time}) AS exported_at, COUNT(*) AS row_count, "
        f"SUM({cost}) AS cost, SUM({credit}) AS credit FROM `{relation.table_id}` "
        f"WHERE {relation.within_partitions('partitions_since')} AND ({of_months}) GROUP BY 1"
    )


def _state(row: Any) -> MonthState:
    tally = Tally(rows=row.row_count, cost=Decimal(row.cost or 0), credit=Decimal(row.credit or 0))
    return MonthState(period=f"{row.month[:4]}-{row.month[4:]}", exported_at=row.exported_at, tally=tally)
