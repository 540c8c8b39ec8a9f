"""Rows of a table between two moments, asked for in halves where one answer cannot hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from collectors.databricks.client import Row, StatementClient
from collectors.databricks.credentials import VENDOR
from collectors.errors import ProviderError


def rows_between(
    client: StatementClient,
    statement: str,
    parameters: Mapping[str, tuple[str, str]],
    from_at: datetime,
    to_at: datetime,
    *,
    table: str,
    shortest: timedelta,
) -> Sequence[Row]:
    """What ``statement`` finds from ``:from_at`` (included) to ``:to_at`` (excluded).

    Windows are halved at whole multiples of ``shortest`` since midnight, which a statement that groups by such a time
    needs; it is at least a minute and divides a day.

    Raises:
        ProviderError: the shortest window is too much for one answer; else see ``StatementClient.run``.
    """
    ends = {"from_at": ("TIMESTAMP", from_at.isoformat()), "to_at": ("TIMESTAMP", to_at.isoformat())}
    result = client.run(statement, {**parameters, **ends}, table=table)
    if not result.is_truncated:
        return result.rows
    middle_at = _middle(from_at, to_at, shortest)
    if not from_at < middle_at:
        raise ProviderError(
            f"Databricks has more rows of {table} from {from_at:%Y-%m-%d %H:%M} to {to_at:%Y-%m-%d %H:%M} than one "
            "answer holds; leave this purpose out for this connection, and report it",
            vendor=VENDOR,
            location=table,
        )
    halves = ((from_at, middle_at), (middle_at, to_at))
    return [
        row
        for start_at, end_at in halves
        for row in rows_between(client, statement, parameters, start_at, end_at, table=table, shortest=shortest)
    ]


def _middle(from_at: datetime, to_at: datetime, shortest: timedelta) -> datetime:
    """The last multiple of ``shortest`` that is not after the middle."""
    middle_at = from_at + (to_at - from_at) / 2
    midnight = middle_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (middle_at - midnight) // shortest * shortest
