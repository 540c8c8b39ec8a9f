"""Snowflake by its connector, Databricks by its SDK."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import snowflake.connector
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, Unauthenticated
from databricks.sdk.service.sql import StatementParameterListItem, StatementResponse, StatementState

from tests.peers.warehouses import DatabricksPeer, SnowflakePeer

METERING = "SNOWFLAKE.ACCOUNT_USAGE.METERING_DAILY_HISTORY"
USAGE_COLUMNS = (
    "record_id STRING, usage_start_time TIMESTAMP, custom_tags MAP<STRING,STRING>, usage_quantity DECIMAL(38,18), "
    "usage_metadata STRUCT<job_id: STRING>"
)


@pytest.fixture
def account(snowflake: SnowflakePeer) -> SnowflakePeer:
    """The account, with one metering row."""
    snowflake.reset()
    snowflake.execute("CREATE DATABASE SNOWFLAKE")
    snowflake.execute("CREATE SCHEMA SNOWFLAKE.ACCOUNT_USAGE")
    snowflake.execute(f"CREATE TABLE {METERING} (USAGE_DATE DATE, CREDITS_BILLED NUMBER(38,9))")
    snowflake.execute(f"INSERT INTO {METERING} VALUES (%s, %s)", ("2025-06-01", "4.123456789"))
    return snowflake


def test_snowflake_keeps_exact_numbers_until_it_is_reset(account: SnowflakePeer) -> None:
    sql = f"SELECT SUM(CREDITS_BILLED)::NUMBER(38,9) FROM {METERING} WHERE USAGE_DATE >= %s"
    assert account.execute(sql, ("2025-06-01",)) == [(Decimal("4.123456789"),)]
    account.reset()
    with pytest.raises(snowflake.connector.errors.ProgrammingError):
        account.execute(sql, ("2025-06-01",))


def test_snowflake_refuses_another_password(account: SnowflakePeer) -> None:
    with pytest.raises(snowflake.connector.errors.DatabaseError, match="390100"):
        snowflake.connector.connect(**{**account.connect_arguments, "password": "wrong"})


def test_snowflake_fails_a_statement_on_demand(account: SnowflakePeer) -> None:
    account.fail_next(code="000604", message="SQL execution canceled")
    with pytest.raises(snowflake.connector.errors.Error, match="SQL execution canceled"):
        account.execute("SELECT 1")
    assert account.execute("SELECT 1") == [(1,)]


@pytest.fixture
def workspace(databricks: DatabricksPeer) -> Iterator[DatabricksPeer]:
    """The workspace, with three usage records."""
    databricks.reset()
    databricks.execute(f"CREATE TABLE system.billing.usage ({USAGE_COLUMNS})")
    for number, start in enumerate(("2025-05-31", "2025-06-01", "2025-06-02")):
        databricks.execute(
            f"INSERT INTO system.billing.usage SELECT 'r{number}', TIMESTAMP'{start} 00:00:00', map('team', 'data'), "
            f"10.5, named_struct('job_id', 'j{number}')"
        )
    yield databricks
    databricks.reset()


def _run(
    workspace: DatabricksPeer, sql: str, **parameters: tuple[str, str]
) -> tuple[StatementResponse, list[list[str]], int]:
    """The last answer, all rows, and how often the statement was polled."""
    api = WorkspaceClient(host=workspace.host, token=workspace.token).statement_execution
    items = [StatementParameterListItem(name=name, type=kind, value=text) for name, (kind, text) in parameters.items()]
    answer = api.execute_statement(statement=sql, warehouse_id=workspace.warehouse_id, parameters=items)
    polls = 0
    while answer.status.state in (StatementState.PENDING, StatementState.RUNNING):
        polls += 1
        answer = api.get_statement(answer.statement_id)
    rows: list[list[str]] = []
    chunk = answer.result
    while chunk is not None:
        rows += chunk.data_array or []
        following = chunk.next_chunk_index
        chunk = None if following is None else api.get_statement_result_chunk_n(answer.statement_id, following)
    return answer, rows, polls


def test_databricks_answers_maps_structs_and_typed_parameters(workspace: DatabricksPeer) -> None:
    sql = (
        "SELECT u.record_id, u.custom_tags['team'], u.usage_metadata.job_id, u.usage_start_time, u.usage_quantity "
        "FROM system.billing.usage u WHERE u.usage_start_time >= :since ORDER BY 1"
    )
    _, rows, _ = _run(workspace, sql, since=("TIMESTAMP", "2025-06-01"))
    assert rows == [
        ["r1", "data", "j1", "2025-06-01T00:00:00.000Z", "10.500000000000000000"],
        ["r2", "data", "j2", "2025-06-02T00:00:00.000Z", "10.500000000000000000"],
    ]


def test_databricks_is_polled_and_pages_by_chunks(workspace: DatabricksPeer) -> None:
    workspace.pending_polls, workspace.rows_per_chunk = 2, 2
    answer, rows, polls = _run(workspace, "SELECT record_id FROM system.billing.usage ORDER BY 1")
    assert (rows, polls) == ([["r0"], ["r1"], ["r2"]], 3)
    assert (answer.manifest.total_chunk_count, answer.manifest.total_row_count) == (2, 3)


def test_databricks_reports_a_missing_table_and_an_injected_failure(workspace: DatabricksPeer) -> None:
    answer, _, _ = _run(workspace, "SELECT * FROM system.billing.nope")
    assert "[TABLE_OR_VIEW_NOT_FOUND] The table or view system.billing.nope" in answer.status.error.message
    workspace.fail_statement("out of memory")
    answer, _, _ = _run(workspace, "SELECT 1")
    assert (answer.status.state, answer.status.error.message) == (StatementState.FAILED, "out of memory")


def test_databricks_throttles_refuses_and_forgets(workspace: DatabricksPeer) -> None:
    workspace.fail_next(429, {"Retry-After": "1"}, on="POST /api/2.0/sql/statements")
    assert _run(workspace, "SELECT 1")[1] == [["1"]]
    asked = workspace.requests()
    assert [request["statement"] for request in asked] == ["SELECT 1", "SELECT 1"]
    stranger = WorkspaceClient(host=workspace.host, token="another")
    with pytest.raises(Unauthenticated):
        stranger.statement_execution.execute_statement(statement="SELECT 1", warehouse_id=workspace.warehouse_id)
    api = WorkspaceClient(host=workspace.host, token=workspace.token).statement_execution
    with pytest.raises(DatabricksError, match="does not exist"):
        api.execute_statement(statement="SELECT 1", warehouse_id="another")


def test_a_canceled_databricks_statement_says_so(workspace: DatabricksPeer) -> None:
    workspace.pending_polls = 5
    api = WorkspaceClient(host=workspace.host, token=workspace.token).statement_execution
    answer = api.execute_statement(statement="SELECT 1", warehouse_id=workspace.warehouse_id)
    api.cancel_execution(answer.statement_id)
    assert api.get_statement(answer.statement_id).status.state is StatementState.CANCELED
