"""What a month costs by another way than the files that were collected.

Google has no interface that tells invoices, so there are two ways, of different worth:

* ``invoices``: a CSV file that somebody writes from the invoices that Google sends. It is independent of every export::

      invoice_month,currency,amount,final
      2025-06,USD,1234.56,true

  A month may have several lines: one invoice for each seller, all of which are on the bill. ``final`` is ``true`` or
  ``false``.
* ``totals_table``: another export of the same billing account, for instance the standard beside the detailed one,
  summed by invoice month over all sellers. Google fills both from the same source, so a mistake of Google's shows in
  both; what this side or a partial backfill lost or doubled shows in one only. It never counts as final.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from collectors.collector import IndependentTotal
from collectors.connections.gcp import GcpBilling
from collectors.errors import InvalidManifest, NotFoundAtProvider
from collectors.gcp.client import GcpClients, gcp_faults
from collectors.gcp.credentials import VENDOR
from collectors.gcp.discover import (
    DETAILED_KIND,
    FOCUS_KIND,
    amount_sql,
    check_columns,
    first_partition_at,
)
from collectors.gcp.relations import READ_PERMISSION, describe, run_query

_COLUMNS: Final = ("invoice_month", "currency", "amount", "final")
_TRUTHS: Final = {"true": True, "false": False}


def read_totals(clients: GcpClients, connection: GcpBilling, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
    """Totals of ``periods``: from ``invoices`` where it has the month, else from ``totals_table``.

    Raises:
        NotFoundAtProvider, InvalidManifest: the file or table is not there, or not of the shape above.
        QueryRefused, AccessDenied, ProviderUnavailable, CredentialsMissing: see ``run_query``.
    """
    noted = {} if connection.invoices is None else read_invoices(Path(connection.invoices))
    found = {period: total for period, total in noted.items() if period in periods}
    asked = [period for period in periods if period not in found]
    if connection.totals_table is not None and asked:
        found |= _sum_table(clients, connection.totals_table, asked)
    return found


def read_invoices(path: Path) -> dict[str, IndependentTotal]:
    """The months of a CSV file of invoices.

    Raises:
        NotFoundAtProvider: there is no such file.
        InvalidManifest: a line that is no invoice; with its number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if tuple(name.strip() for name in reader.fieldnames or ()) != _COLUMNS:
                raise _invalid(path, 1, f"its columns are not {','.join(_COLUMNS)}")
            lines = [(reader.line_num, line) for line in reader]
    except OSError as fault:
        raise NotFoundAtProvider(
            f"Google Cloud invoices cannot be read from {path} ({fault.strerror}); create it or name another file",
            vendor=VENDOR,
            location=str(path),
        ) from fault
    except (UnicodeDecodeError, csv.Error) as fault:
        raise _invalid(path, 1, "it is not CSV in UTF-8") from fault
    costs: dict[str, dict[str, Decimal]] = {}
    final: dict[str, bool] = {}
    for number, line in lines:
        month, currency, amount, is_final = _invoice(path, number, line)
        of_month = costs.setdefault(month, {})
        of_month[currency] = of_month.get(currency, Decimal(0)) + amount
        final[month] = final.get(month, True) and is_final
    return {
        month: IndependentTotal(costs=costs[month], final=final[month], origin=f"invoice of {month} in {path.name}")
        for month in sorted(costs)
    }


def _invoice(path: Path, number: int, line: Mapping[str, Any]) -> tuple[str, str, Decimal, bool]:
    month, currency, amount, final = (str(line.get(name) or "").strip() for name in _COLUMNS)
    if len(month) == 6 and month.isdigit():
        month = f"{month[:4]}-{month[4:]}"
    if len(month) != 7 or month[4] != "-" or not "01" <= month[5:] <= "12" or not month[:4].isdigit():
        raise _invalid(path, number, f"invoice_month {month!r} is not a month such as 2025-06")
    if len(currency) != 3 or not currency.isalpha():
        raise _invalid(path, number, f"currency {currency!r} is not a code such as USD")
    if final.lower() not in _TRUTHS:
        raise _invalid(path, number, f"final {final!r} is neither true nor false")
    try:
        money = Decimal(amount)
    except InvalidOperation as fault:
        raise _invalid(path, number, f"amount {amount!r} is not a number") from fault
    if not money.is_finite():
        raise _invalid(path, number, f"amount {amount!r} is not a number")
    return month, currency.upper(), money, _TRUTHS[final.lower()]


def _sum_table(clients: GcpClients, table_id: str, periods: Sequence[str]) -> dict[str, IndependentTotal]:
    relation = describe(clients, table_id)
    is_focus = relation.column(FOCUS_KIND.cost) is not None
    kind = FOCUS_KIND if is_focus else DETAILED_KIND
    currency = "BillingCurrency" if is_focus else "currency"
    check_columns(relation, (*kind.required, currency))
    cost, credit = amount_sql(relation, kind)
    rows = run_query(
        clients,
        f"SELECT {kind.month} AS month, {currency} AS currency, SUM({cost}) AS cost, SUM({credit}) AS credit "
        f"FROM `{table_id}` WHERE {relation.within_partitions('partitions_since')} "
        f"AND {kind.month} IN UNNEST(@months) GROUP BY 1, 2",
        reads=table_id,
        parameters={
            "months": [period.replace("-", "") for period in periods],
            "partitions_since": first_partition_at(min(periods)),
        },
    )
    costs: dict[str, dict[str, Decimal]] = {}
    with gcp_faults(f"table {table_id}", permission=READ_PERMISSION):
        for row in rows:
            of_month = costs.setdefault(f"{row.month[:4]}-{row.month[4:]}", {})
            of_month[str(row.currency)] = Decimal(row.cost or 0) + Decimal(row.credit or 0)
    return {
        period: IndependentTotal(costs=costs[period], final=False, origin=f"sum of {table_id}")
        for period in periods
        if period in costs
    }


def _invalid(path: Path, number: int, reason: str) -> InvalidManifest:
    return InvalidManifest(
        f"Google Cloud invoices {path}, line {number}: {reason}; correct it as the README shows",
        vendor=VENDOR,
        location=str(path),
    )
