"""What a store of signals shows, in plain values."""

from __future__ import annotations

from typing import Any

from collectors.signals.store import SignalStore


def rows_of(store: SignalStore, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the views."""
    with store.connect() as connection:
        found: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
    return found


def access_totals(store: SignalStore) -> dict[tuple[str, str], tuple[int, int | None]]:
    """(dataset, op) -> requests and bytes over all days."""
    sql = "SELECT dataset_uri, op, sum(requests)::BIGINT, sum(bytes)::BIGINT FROM dataset_access GROUP BY ALL"
    return {(uri, op): (requests, moved) for uri, op, requests, moved in rows_of(store, sql)}
