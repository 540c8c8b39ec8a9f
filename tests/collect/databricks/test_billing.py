"""Bills of Databricks from a server of the Statement Execution API: what is found, fetched, and what goes wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from collectors.collector import CollectWindow
from collectors.databricks import open_collector
from collectors.databricks.client import ATTEMPTS, LONGEST_PAUSE_SECONDS
from collectors.databricks.discover import MARK_HOLDS_FOR
from collectors.databricks.usage_records import read_records
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    InvalidManifest,
    NotFoundAtProvider,
    ProviderError,
    ProviderPackageMissing,
    ProviderUnavailable,
    TornDelivery,
)
from tests.collect.databricks.system_tables import NOW, SKU, SystemTables, cut_off, record
from tests.peers.proxy import FaultProxy

WINDOW = CollectWindow(first_period="2024-12", last_period="2025-02")
STATEMENTS = "POST /api/2.0/sql/statements"


@pytest.fixture
def proxy(tables: SystemTables) -> Iterator[FaultProxy]:
    """The workspace behind a proxy."""
    with FaultProxy(tables.peer.host) as made:
        yield made


def _statements(tables: SystemTables) -> list[str]:
    return [str(asked["statement"]) for asked in tables.peer.requests() if asked["statement"]]


def test_months_with_records_of_the_account_are_found_and_others_are_not_ready(tables: SystemTables) -> None:
    tables.use(
        record("a", day="2024-11-30"),
        record("b", day="2024-12-01"),
        record("c", day="2025-02-28", quantity="-1", record_type="RETRACTION"),
        record("d", day="2025-03-01"),
        record("e", day="2025-01-05", account_id="another"),
    )
    found = tables.collector().discover(WINDOW, known={})
    assert {period: delivery.row_count for period, delivery in found.items()} == {"2024-12": 1, "2025-02": 1}


def test_the_month_is_fetched_whole_and_priced(tables: SystemTables, tmp_path: Path) -> None:
    tables.use(
        record("b", quantity="9", record_type="RESTATEMENT", ingested="2025-02-20"),
        record("a"),
        record("c", sku_name="NOT_ON_THE_LIST"),
    )
    collector = tables.collector(discount_ratio="0.5")
    (path,) = collector.fetch(collector.discover(WINDOW, known={})["2025-01"], tmp_path)
    rows = pq.read_table(path).to_pylist()
    assert [(row["record_id"], row["priced_cost"]) for row in rows] == [
        ("a", Decimal("2.1")),  # 10.5 x 0.40 x 0.5
        ("b", Decimal("1.8")),  # 9 x 0.40 x 0.5
        ("c", None),
    ]
    assert json.loads(rows[0]["usage_metadata"]) == {"cluster_id": "c-1", "job_id": "7", "warehouse_id": None}


def test_prices_in_another_currency_are_not_taken(tables: SystemTables, tmp_path: Path) -> None:
    tables.price(SKU, "0.37", currency="EUR")
    tables.use(record("a"))
    for currency, cost in (("EUR", "3.885"), ("USD", "4.2")):
        collector = tables.collector(currency=currency)
        (path,) = collector.fetch(collector.discover(WINDOW, known={})["2025-01"], tmp_path)
        (row,) = pq.read_table(path).to_pylist()
        assert (row["priced_currency"], row["priced_cost"]) == (currency, Decimal(cost))


def test_a_known_month_is_asked_only_for_what_came_in_since(tables: SystemTables) -> None:
    tables.use(record("a"), record("b", ingested="2025-01-09"))
    collector = tables.collector()
    first = collector.discover(WINDOW, known={})
    known = {"2025-01": collector.mark(first["2025-01"])}
    before = len(_statements(tables))
    assert collector.discover(WINDOW, known=known) == first
    counts, _ = tables.peer.requests()[before:]
    since = {item["value"] for item in counts["parameters"] if item["name"].startswith("since")}
    assert since == {"1970-01-01", "2025-01-06"}


@pytest.mark.parametrize("ingested", ["2025-01-06", "2025-01-08", "2025-01-09", "2025-03-01"])
def test_a_correction_of_an_old_month_makes_it_a_new_delivery(tables: SystemTables, ingested: str) -> None:
    tables.use(record("a"), record("b", ingested="2025-01-09"))
    collector = tables.collector()
    first = collector.discover(WINDOW, known={})
    known = {"2025-01": collector.mark(first["2025-01"])}
    tables.use(record("c", quantity="-10.5", record_type="RETRACTION", ingested=ingested))
    second = collector.discover(WINDOW, known=known)
    assert second["2025-01"].row_count == 3
    assert second != first
    assert collector.discover(WINDOW, known={}) == second, "the same without a mark"


def test_records_under_an_ingestion_date_of_long_before_are_found_once_the_mark_is_a_week_old(
    tables: SystemTables,
) -> None:
    tables.use(record("a"), record("b", ingested="2025-01-09"))
    collector = tables.collector()
    known = {"2025-01": collector.mark(collector.discover(WINDOW, known={})["2025-01"])}
    tables.use(record("late", ingested="2025-01-03"))
    assert collector.discover(WINDOW, known=known)["2025-01"].row_count == 2
    later = tables.collector(now=NOW + MARK_HOLDS_FOR + timedelta(seconds=1))
    assert later.discover(WINDOW, known=known)["2025-01"].row_count == 3


def test_a_mark_that_cannot_be_read_is_no_mark(tables: SystemTables) -> None:
    tables.use(record("a"))
    collector = tables.collector()
    expected = collector.discover(WINDOW, known={})
    for mark in (
        "",
        "nonsense",
        "[]",
        '{"counts": []}',
        '{"counts": [1]}',
        '{"counts": [["2025-01-03", "9", "9", "9"]]}',
    ):
        assert collector.discover(WINDOW, known={"2025-01": mark}) == expected


def test_a_new_price_a_new_discount_or_a_new_region_make_a_new_delivery(tables: SystemTables) -> None:
    tables.use(record("a"))
    found = [tables.collector().discover(WINDOW, known={})]
    found.append(tables.collector(discount_ratio="0.1").discover(WINDOW, known={}))
    found.append(tables.collector(workspace_regions={"42": "eu-west-1"}).discover(WINDOW, known={}))
    tables.price("ANOTHER_SKU", "1", starts="2026-01-01")
    assert tables.collector().discover(WINDOW, known={}) == found[0], "a price of next year changes nothing"
    tables.price("ANOTHER_SKU", "1", starts="2025-01-20")
    found.append(tables.collector().discover(WINDOW, known={}))
    assert len({delivery["2025-01"].parts for delivery in found}) == 4


def test_records_that_come_in_while_the_month_is_read_are_torn_or_left_for_the_next_time(
    tables: SystemTables, tmp_path: Path
) -> None:
    tables.use(record("a", ingested="2025-01-09"))
    collector = tables.collector()
    found = collector.discover(WINDOW, known={})
    tables.use(record("later", ingested="2025-01-10"))
    (path,) = collector.fetch(found["2025-01"], tmp_path)
    assert pq.read_table(path).num_rows == 1
    tables.use(record("now", ingested="2025-01-09"))
    with pytest.raises(TornDelivery, match=r"Databricks added to 2025-01 .* try again"):
        collector.fetch(found["2025-01"], tmp_path)


@pytest.mark.parametrize("rows_per_page", [1, 3, 11, 100])
def test_a_long_month_comes_page_by_page_and_chunk_by_chunk_each_record_once(
    tables: SystemTables, rows_per_page: int
) -> None:
    tables.peer.rows_per_chunk, tables.peer.pending_polls = 2, 1
    ids = sorted([*(f"r{number:02d}" for number in range(11)), *["r03"] * 4])
    tables.use(*(record(each) for each in ids))
    pauses: list[float] = []
    collector = tables.collector(sleep=pauses.append)
    found = read_records(collector.client, collector.connection, "2025-01", "2025-01-31", rows_per_page=rows_per_page)
    assert [row["record_id"] for row in found] == ids
    assert set(pauses) == {2.0}


def test_a_page_that_does_not_fit_an_answer_is_asked_for_in_smaller_ones(
    tables: SystemTables, proxy: FaultProxy
) -> None:
    tables.use(*(record(f"r{number}") for number in range(5)))
    cut_off(proxy, times=1)
    collector = tables.collector(proxy.url)
    found = read_records(collector.client, collector.connection, "2025-01", "2025-01-31", rows_per_page=4)
    assert [row["record_id"] for row in found] == [f"r{number}" for number in range(5)]


@pytest.mark.parametrize("record_ids", [(), ("r0",), ("r0", "r0")])
def test_records_that_no_answer_holds_are_named(
    tables: SystemTables, proxy: FaultProxy, record_ids: tuple[str, ...]
) -> None:
    cut_off(proxy, times=20, record_ids=record_ids)
    collector = tables.collector(proxy.url)
    with pytest.raises(ProviderError, match=r"for 2025-01 from record (r0|the first) on are larger than one answer"):
        list(read_records(collector.client, collector.connection, "2025-01", "2025-01-31", rows_per_page=4))


def test_counts_cut_off_are_refused(tables: SystemTables, proxy: FaultProxy) -> None:
    cut_off(proxy)
    with pytest.raises(ProviderError, match=r"more rows of system\.billing\.usage for one statement"):
        tables.collector(proxy.url).discover(WINDOW, known={})


def test_a_busy_server_is_asked_again_after_the_pause_that_it_asks_for(tables: SystemTables, proxy: FaultProxy) -> None:
    tables.use(record("a"))
    pauses: list[float] = []
    collector = tables.collector(proxy.url, sleep=pauses.append)
    for headers in ({"Retry-After": "7"}, {"Retry-After": "100000"}, {"Retry-After": "soon"}, {}):
        proxy.fail_next(429, headers, b'{"error_code": "REQUEST_LIMIT_EXCEEDED"}', on=STATEMENTS)
    assert list(collector.discover(WINDOW, known={})) == ["2025-01"]
    assert pauses == [7.0, LONGEST_PAUSE_SECONDS, 1.0, 1.0]


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_server_that_stays_at_fault_is_given_up(tables: SystemTables, proxy: FaultProxy, status: int) -> None:
    pauses: list[float] = []
    collector = tables.collector(proxy.url, sleep=pauses.append)
    proxy.fail_next(status, content=b"{}", times=100, on=STATEMENTS)
    with pytest.raises(ProviderUnavailable, match=r"could not serve system\.billing\.usage .*try again later"):
        collector.discover(WINDOW, known={})
    assert len(pauses) == ATTEMPTS - 1


def test_an_answer_cut_off_is_asked_for_again(tables: SystemTables, proxy: FaultProxy) -> None:
    tables.use(record("a"))
    collector = tables.collector(proxy.url)
    proxy.cut_next(after_bytes=60, on=STATEMENTS)
    assert list(collector.discover(WINDOW, known={})) == ["2025-01"]


def test_a_statement_that_fails_for_a_moment_is_run_again_and_another_is_not(tables: SystemTables) -> None:
    tables.use(record("a"))
    tables.peer.fail_statement("try again", error_code="TEMPORARILY_UNAVAILABLE")
    assert list(tables.collector().discover(WINDOW, known={})) == ["2025-01"]
    before = len(_statements(tables))
    tables.peer.fail_statement("[PARSE_SYNTAX_ERROR] near SELECT secret_column", error_code="BAD_REQUEST", times=5)
    with pytest.raises(ProviderError, match=r"refuses the statement .*\(PARSE_SYNTAX_ERROR\)") as caught:
        tables.collector().discover(WINDOW, known={})
    assert "secret_column" not in str(caught.value)
    assert len(_statements(tables)) == before + 1


@pytest.mark.parametrize(
    ("message", "kind", "said"),
    [
        ("[INSUFFICIENT_PERMISSIONS] no USE SCHEMA", AccessDenied, r"GRANT SELECT ON TABLE system\.billing\.usage"),
        ("[TABLE_OR_VIEW_NOT_FOUND] gone", NotFoundAtProvider, r"enable the system schema billing"),
        ("[UNRESOLVED_COLUMN.WITH_SUGGESTION] x", InvalidManifest, r"lacks a column"),
    ],
)
def test_what_a_person_must_change_is_said(
    tables: SystemTables, message: str, kind: type[ProviderError], said: str
) -> None:
    tables.peer.fail_statement(message)
    with pytest.raises(kind, match=said):
        tables.collector().discover(WINDOW, known={})


def test_a_wrong_token_is_refused_without_being_told(tables: SystemTables) -> None:
    collector = open_collector(tables.connection(), environ={"TEST_DATABRICKS_TOKEN": "not-the-secret"})
    with pytest.raises(CredentialsMissing, match=r"refuses the credentials of this connection \(HTTP 401\)") as caught:
        collector.discover(WINDOW, known={})
    assert "not-the-secret" not in str(caught.value)
    assert "not-the-secret" not in repr(collector)


def test_a_warehouse_that_is_not_there_and_one_that_may_not_be_used_are_named(
    tables: SystemTables, proxy: FaultProxy
) -> None:
    with pytest.raises(NotFoundAtProvider, match=r"no SQL warehouse another"):
        tables.collector(warehouse_id="another").discover(WINDOW, known={})
    proxy.fail_next(403, content=b'{"error_code": "PERMISSION_DENIED", "message": "no"}', on=STATEMENTS)
    with pytest.raises(AccessDenied, match=r"give it CAN USE"):
        tables.collector(proxy.url).discover(WINDOW, known={})


@pytest.mark.parametrize(
    ("chunk", "said"),
    [
        ({"next_chunk_index": 1, "next_chunk_internal_link": "https://attacker.example/x"}, "another address"),
        ({"next_chunk_index": 1, "next_chunk_internal_link": "/api/2.0/sql/statements/s-2/result/chunks/1"}, "another"),
        ({"next_chunk_index": 0}, "read already"),
        ({"external_links": [{"external_link": "https://attacker.example/x"}]}, "without the description or the rows"),
        ({}, "0 rows long where 1 were announced"),
    ],
)
def test_a_result_that_leads_elsewhere_or_is_short_is_refused(
    tables: SystemTables, proxy: FaultProxy, chunk: dict[str, object], said: str
) -> None:
    body = {
        "statement_id": "s-1",
        "status": {"state": "SUCCEEDED"},
        "manifest": {"schema": {"columns": [{"name": "month"}]}, "total_row_count": 1},
        "result": {"chunk_index": 0, "data_array": [], **chunk},
    }
    headers = {"Content-Type": "application/json"}
    proxy.fail_next(200, headers, json.dumps(body).encode(), on=STATEMENTS)
    with pytest.raises(InvalidManifest, match=said):
        tables.collector(proxy.url).discover(WINDOW, known={})
    assert proxy.calls("chunks") == 0


def test_a_statement_that_never_ends_is_cancelled(tables: SystemTables) -> None:
    tables.peer.pending_polls = 1_000_000
    waited: list[float] = []
    with pytest.raises(ProviderUnavailable, match=r"has not finished the statement .* after 900 s"):
        tables.collector(sleep=waited.append).discover(WINDOW, known={})
    assert sum(waited) == 900.0
    assert tables.peer.requests()[-1]["path"].endswith("/cancel")


def test_the_missing_extra_is_named(tables: SystemTables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "databricks.sdk", None)
    with pytest.raises(ProviderPackageMissing, match=r"pip install 'workload-placement\[databricks\]'"):
        open_collector(tables.connection(), environ=tables.peer.environ)
