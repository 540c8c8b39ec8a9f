"""The Databricks SQL Statement Execution API over DuckDB: runs in the environment of the databricks peer.

``python -m tests.peers.databricks_sql PORT``; the access token is read from ``PEER_TOKEN``. Paths under ``/peer/`` are
not the vendor's: through them the test process sets faults and reads the log.
https://docs.databricks.com/api/workspace/statementexecution
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb
import sqlglot
from sqlglot import exp

from tests.peers.http_replay import Fault, HttpReply, HttpRequest, ReplayServer

STATEMENTS: Final = "/api/2.0/sql/statements"
STATEMENT = re.compile(rf"{STATEMENTS}/(?P<id>[0-9a-f-]+)(?:/result/chunks/(?P<chunk>\d+)|/(?P<cancel>cancel))?")
METADATA: Final = "/.well-known/databricks-config"  # the client asks for it once, without a token
SYSTEM: Final = "databricks_system"  # DuckDB keeps the catalogue name "system" for itself
WAREHOUSE_ID: Final = "peer-warehouse"
TYPE_NAMES: Final = {
    "VARCHAR": "STRING",
    "BIGINT": "LONG",
    "INTEGER": "INT",
    "SMALLINT": "SHORT",
    "TINYINT": "BYTE",
    "DOUBLE": "DOUBLE",
    "FLOAT": "FLOAT",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "HUGEINT": "DECIMAL",
}


@dataclass(slots=True, kw_only=True)
class Statement:
    """One statement's state. ``polls_left`` polls still say RUNNING."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str | None]]
    rows_per_chunk: int
    polls_left: int
    error: Mapping[str, str] | None = None
    canceled: bool = False

    @property
    def chunks(self) -> int:
        """How many chunks the rows make: at least one."""
        return max(1, -(-len(self.rows) // self.rows_per_chunk))


class Engine:
    """DuckDB that is spoken to in Databricks SQL; schemas are made when a statement first names them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget every table."""
        self._database = duckdb.connect()
        self._database.execute("SET TimeZone = 'UTC'")
        self._database.execute(f"ATTACH ':memory:' AS {SYSTEM}")

    def run(
        self, statement: str, parameters: Sequence[Mapping[str, Any]]
    ) -> tuple[list[tuple[str, str]], list[list[str | None]]]:
        """Columns (name, type) and rows, each value as the API writes it: a text or null."""
        tree = sqlglot.parse_one(statement, read="databricks")
        tables = {table.name: table.sql(dialect="databricks") for table in tree.find_all(exp.Table)}
        for table in tree.find_all(exp.Table):
            if table.catalog.lower() == "system":
                table.set("catalog", exp.to_identifier(SYSTEM))
        _bind(tree, {parameter["name"]: parameter for parameter in parameters})
        with self._lock:
            for table in tree.find_all(exp.Table):
                self._make_schema(table)
            cursor = self._database.cursor()
            cursor.execute("SET TimeZone = 'UTC'")
            try:
                cursor.execute(tree.sql(dialect="duckdb"))
            except duckdb.CatalogException as error:
                raise duckdb.CatalogException(_vendor_message(str(error), tables)) from error
            columns = [(name, str(kind)) for name, kind, *_ in cursor.description or []]
            rows = cursor.fetchall() if columns else []
        return columns, [[_written(value) for value in row] for row in rows]

    def _make_schema(self, table: exp.Table) -> None:
        if not table.db or table.db.lower() == "information_schema":
            return
        if table.catalog and table.catalog != SYSTEM:
            self._database.execute(f"ATTACH IF NOT EXISTS ':memory:' AS \"{table.catalog}\"")
        catalog = f'"{table.catalog}".' if table.catalog else ""
        self._database.execute(f'CREATE SCHEMA IF NOT EXISTS {catalog}"{table.db}"')


class StatementServer(ReplayServer):
    """The API with the vendor's states, chunks and errors."""

    def __init__(self, port: int, token: str) -> None:
        self._token = token
        self._engine = Engine()
        self._statements: dict[str, Statement] = {}
        self._statement_faults: deque[Mapping[str, str]] = deque()
        self._log: list[dict[str, Any]] = []
        self._settings = {"rows_per_chunk": 1000, "pending_polls": 0}
        super().__init__(port=port)

    def takes_faults(self, request: HttpRequest) -> bool:
        """Whether the request is the client's, not the test's."""
        ours = request.path.startswith("/peer/") or request.headers.get("x-peer") == "arranging"
        return not ours and request.path != METADATA

    def record(self, request: HttpRequest) -> None:
        """Keep the client's requests, without the token."""
        if not self.takes_faults(request):
            return
        body = json.loads(request.content) if request.content else {}
        self._log.append(
            {
                "method": request.method,
                "path": request.path,
                "statement": body.get("statement"),
                "parameters": body.get("parameters") or [],
                "authorized": self._is_authorized(request),
            }
        )

    def answer(self, request: HttpRequest) -> HttpReply:
        """Route to the API or to the test's own paths."""
        if request.path.startswith("/peer/"):
            return self._arrange(request.path.removeprefix("/peer/"), json.loads(request.content or b"{}"))
        if request.path == METADATA:
            return HttpReply.of_json({"oidc_endpoint": f"{self.origin}/oidc", "workspace_id": "1", "cloud": "AWS"})
        if not self._is_authorized(request):
            return _error(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.")
        match = STATEMENT.fullmatch(request.path)
        if request.method == "POST" and request.path.rstrip("/") == STATEMENTS:
            return self._execute(json.loads(request.content), arranging=request.headers.get("x-peer") == "arranging")
        if match is None or match["id"] not in self._statements:
            return _error(404, "RESOURCE_DOES_NOT_EXIST", f"{request.method} {request.path} does not exist.")
        statement = self._statements[match["id"]]
        if match["cancel"]:
            statement.canceled = True
            return HttpReply.of_json({})
        if match["chunk"]:
            return self._chunk_reply(match["id"], int(match["chunk"]))
        return HttpReply.of_json(self._body(match["id"]))

    def _is_authorized(self, request: HttpRequest) -> bool:
        return request.headers.get("authorization") == f"Bearer {self._token}"

    def _execute(self, body: Mapping[str, Any], *, arranging: bool) -> HttpReply:
        if not body.get("statement") or not body.get("warehouse_id"):
            return _error(400, "INVALID_PARAMETER_VALUE", "statement and warehouse_id are required.")
        if body["warehouse_id"] != WAREHOUSE_ID:
            return _error(404, "RESOURCE_DOES_NOT_EXIST", f"SQL warehouse {body['warehouse_id']} does not exist.")
        if body.get("disposition", "INLINE") != "INLINE" or body.get("format", "JSON_ARRAY") != "JSON_ARRAY":
            return _error(400, "INVALID_PARAMETER_VALUE", "this peer answers INLINE results as JSON_ARRAY only.")
        identifier = str(uuid.uuid4())
        waits = body.get("wait_timeout", "10s") != "0s"
        polls = 0 if arranging else self._settings["pending_polls"]
        statement = Statement(
            columns=[],
            rows=[],
            rows_per_chunk=self._settings["rows_per_chunk"],
            polls_left=polls if waits else max(1, polls),
        )
        fault = None if arranging or not self._statement_faults else self._statement_faults.popleft()
        try:
            if fault is None:
                statement.columns, statement.rows = self._engine.run(body["statement"], body.get("parameters") or [])
        except (duckdb.Error, sqlglot.errors.SqlglotError, KeyError) as error:
            fault = {"error_code": "BAD_REQUEST", "message": str(error.args[0])[:500]}
        statement.error = fault
        self._statements[identifier] = statement
        return HttpReply.of_json(self._body(identifier, first=True))

    def _body(self, identifier: str, *, first: bool = False) -> dict[str, Any]:
        statement = self._statements[identifier]
        if statement.canceled:
            return {"statement_id": identifier, "status": {"state": "CANCELED"}}
        if statement.polls_left > 0:
            statement.polls_left -= 0 if first else 1
            return {"statement_id": identifier, "status": {"state": "PENDING" if first else "RUNNING"}}
        if statement.error is not None:
            return {"statement_id": identifier, "status": {"state": "FAILED", "error": dict(statement.error)}}
        manifest = {
            "format": "JSON_ARRAY",
            "schema": {"column_count": len(statement.columns), "columns": _schema(statement.columns)},
            "total_chunk_count": statement.chunks,
            "total_row_count": len(statement.rows),
            "truncated": False,
        }
        result = self._chunk(identifier, 0)
        return {"statement_id": identifier, "status": {"state": "SUCCEEDED"}, "manifest": manifest, "result": result}

    def _chunk_reply(self, identifier: str, index: int) -> HttpReply:
        if index >= self._statements[identifier].chunks:
            return _error(400, "INVALID_PARAMETER_VALUE", f"chunk {index} does not exist.")
        return HttpReply.of_json(self._chunk(identifier, index))

    def _chunk(self, identifier: str, index: int) -> dict[str, Any]:
        statement = self._statements[identifier]
        start = index * statement.rows_per_chunk
        rows = statement.rows[start : start + statement.rows_per_chunk]
        chunk: dict[str, Any] = {"chunk_index": index, "row_count": len(rows), "row_offset": start, "data_array": rows}
        if index + 1 < statement.chunks:
            chunk["next_chunk_index"] = index + 1
            chunk["next_chunk_internal_link"] = f"{STATEMENTS}/{identifier}/result/chunks/{index + 1}"
        return chunk

    def _arrange(self, action: str, body: dict[str, Any]) -> HttpReply:
        match action:
            case "requests":
                return HttpReply.of_json(self._log)
            case "settings":
                self._settings.update(body)
            case "reset":
                self.reset()
                self._engine.clear()
                self._statements.clear()
                self._statement_faults.clear()
                self._log.clear()
                self._settings = {"rows_per_chunk": 1000, "pending_polls": 0}
            case "fail":
                reply = _error(body["http_status"], body["error_code"], "injected by the test", body["headers"])
                self._add(Fault(on=body["on"], reply=lambda _: reply), body["times"])
            case "fail_statement":
                self._statement_faults.extend([body["error"]] * body["times"])
            case "cut":
                self.cut_next(body["times"], on=body["on"])
            case "delay":
                self.delay_next(body["seconds"], body["times"], on=body["on"])
        return HttpReply.of_json(self._settings)


def _bind(tree: exp.Expression, parameters: Mapping[str, Mapping[str, Any]]) -> None:
    for marker in list(tree.find_all(exp.Placeholder)):
        parameter = parameters.get(marker.name)
        if parameter is None:
            raise KeyError(f"[UNBOUND_SQL_PARAMETER] Found the unbound parameter: {marker.name}.")
        value = parameter.get("value")
        text: exp.Expression = exp.null() if value is None else exp.Literal.string(value)
        marker.replace(exp.cast(text, parameter.get("type") or "STRING", dialect="databricks"))


def _written(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return (
            value.replace(tzinfo=None).isoformat(timespec="milliseconds" if value.microsecond % 1000 == 0 else "auto")
            + "Z"
        )
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    return str(value)


def _schema(columns: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    described = []
    for position, (name, kind) in enumerate(columns):
        base = kind.split("(")[0]
        type_name = "ARRAY" if kind.endswith("[]") else TYPE_NAMES.get(base, base)
        type_text = kind if base == "DECIMAL" else type_name
        described.append({"name": name, "position": position, "type_text": type_text, "type_name": type_name})
    return described


def _vendor_message(message: str, tables: Mapping[str, str]) -> str:
    """The engine's reason, in Databricks' words when it is a table that is not there; ``tables`` has full names."""
    missing = re.search(r"Table with name (\S+) does not exist", message)
    if missing is None:
        return message
    name = tables.get(missing[1], missing[1])
    return f"[TABLE_OR_VIEW_NOT_FOUND] The table or view {name} cannot be found. SQLSTATE: 42P01"


def _error(status: int, error_code: str, message: str, headers: Mapping[str, str] | None = None) -> HttpReply:
    return HttpReply.of_json({"error_code": error_code, "message": message}, status, headers)


if __name__ == "__main__":
    StatementServer(int(sys.argv[1]), os.environ["PEER_TOKEN"])
    threading.Event().wait()
