"""Snowflake and Databricks as programs of their own: a context manager starts one and hands over how to reach it."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.peers.environments import DATABRICKS, ROOT, SNOWFLAKE, SOURCES
from tests.peers.program import NO_PROXY, PeerProgram, free_port, post_json


@dataclass(frozen=True, slots=True, kw_only=True)
class SnowflakePeer:
    """A Snowflake account with one user."""

    host: str
    port: int
    account: str = "peer"
    user: str = "COLLECTOR"
    password: str = field(repr=False)

    @property
    def environ(self) -> dict[str, str]:
        """The password by the name that connections of tests refer to."""
        return {"TEST_SNOWFLAKE_PASSWORD": self.password}

    @property
    def connect_arguments(self) -> dict[str, object]:
        """For ``snowflake.connector.connect(**...)``."""
        return {
            "account": self.account,
            "user": self.user,
            "password": self.password,
            "host": self.host,
            "port": self.port,
            "protocol": "http",
            "enable_server_session_keep_alive_auto_detection": False,  # left out, the connector warns
            "login_timeout": 20,
            "request_timeout": 60,
            "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False, "TIMEZONE": "UTC"},
        }

    def execute(self, sql: str, parameters: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement for arranging; its rows."""
        import snowflake.connector

        with snowflake.connector.connect(**self.connect_arguments) as connection, connection.cursor() as cursor:
            return list(cursor.execute(sql, parameters).fetchall())

    def reset(self) -> None:
        """Forget every database, session and fault."""
        post_json(f"http://{self.host}:{self.port}/peer/reset", {})

    def fail_next(
        self,
        http_status: int = 200,
        code: str = "390112",
        message: str = "Your session has expired. Please login again.",
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        *,
        on: str = "/queries/",
    ) -> None:
        """Answer the next requests whose path contains ``on`` with Snowflake's error ``code``, or an HTTP error."""
        body = {"data": {}, "code": code, "message": message, "success": False}
        fault = {"http_status": http_status, "headers": dict(headers or {}), "body": body, "times": times, "on": on}
        post_json(f"http://{self.host}:{self.port}/peer/fail", fault)


@contextmanager
def running_snowflake() -> Iterator[SnowflakePeer]:
    """Start fakesnow, in memory."""
    port = free_port()
    peer = SnowflakePeer(host="127.0.0.1", port=port, password=secrets.token_urlsafe(16))
    command: list[str | Path] = [SNOWFLAKE.program, SOURCES / "snowflake_server.py", str(port)]
    environ = {"PEER_PASSWORD": peer.password, "HOME": str(SNOWFLAKE.home)}
    ready = f"http://127.0.0.1:{port}/monitoring/queries/none"
    with PeerProgram("snowflake", command, ready_url=ready, environ=environ, folder=SNOWFLAKE.folder):
        yield peer


class DatabricksPeer:
    """A workspace with one SQL warehouse."""

    def __init__(self, host: str, token: str) -> None:
        self.host: Final = host
        self.token: Final = token
        self.warehouse_id: Final = "peer-warehouse"
        self.environ: Final = {"TEST_DATABRICKS_TOKEN": token}

    @property
    def rows_per_chunk(self) -> int:
        """How many rows a chunk of a result holds."""
        return int(self._ask("settings", {})["rows_per_chunk"])

    @rows_per_chunk.setter
    def rows_per_chunk(self, rows: int) -> None:
        self._ask("settings", {"rows_per_chunk": rows})

    @property
    def pending_polls(self) -> int:
        """How often a statement is still RUNNING when asked."""
        return int(self._ask("settings", {})["pending_polls"])

    @pending_polls.setter
    def pending_polls(self, polls: int) -> None:
        self._ask("settings", {"pending_polls": polls})

    def execute(self, sql: str) -> list[list[str | None]]:
        """Run one statement for arranging, past faults and log; its rows (the first chunk). ValueError if it fails."""
        body = json.dumps({"statement": sql, "warehouse_id": self.warehouse_id}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "X-Peer": "arranging"}
        request = urllib.request.Request(f"{self.host}/api/2.0/sql/statements", data=body, headers=headers)
        with NO_PROXY.open(request, timeout=60) as reply:
            answer = json.load(reply)
        if answer["status"]["state"] != "SUCCEEDED":
            raise ValueError(f"{answer['status']['error']['message']} in {sql}")
        return list(answer["result"]["data_array"])

    def fail_next(
        self,
        http_status: int,
        headers: Mapping[str, str] | None = None,
        error_code: str = "INJECTED",
        times: int = 1,
        *,
        on: str = "",
    ) -> None:
        """Answer the next requests with an error; only those whose method and path contain ``on``."""
        body = {"http_status": http_status, "headers": dict(headers or {}), "error_code": error_code}
        self._ask("fail", {**body, "times": times, "on": on})

    def fail_statement(self, message: str, error_code: str = "BAD_REQUEST", times: int = 1) -> None:
        """Let the next statements end in the state FAILED."""
        self._ask("fail_statement", {"error": {"error_code": error_code, "message": message}, "times": times})

    def cut_next(self, times: int = 1, *, on: str = "") -> None:
        """Close the connection in the middle of the next answers."""
        self._ask("cut", {"times": times, "on": on})

    def delay_next(self, seconds: float, times: int = 1, *, on: str = "") -> None:
        """Answer the next requests so much later."""
        self._ask("delay", {"seconds": seconds, "times": times, "on": on})

    def requests(self) -> list[dict[str, Any]]:
        """What was asked: method, path, statement, parameters, authorized."""
        asked: list[dict[str, Any]] = self._ask("requests", {})
        return asked

    def reset(self) -> None:
        """Forget tables, faults, settings and requests."""
        self._ask("reset", {})

    def _ask(self, action: str, body: Mapping[str, Any]) -> Any:
        return post_json(f"{self.host}/peer/{action}", body)


@contextmanager
def running_databricks() -> Iterator[DatabricksPeer]:
    """Start the Statement Execution API."""
    port = free_port()
    peer = DatabricksPeer(f"http://127.0.0.1:{port}", secrets.token_urlsafe(16))
    command: list[str | Path] = [DATABRICKS.program, "-m", "tests.peers.databricks_sql", str(port)]
    environ = {"PEER_TOKEN": peer.token, "HOME": str(DATABRICKS.home)}
    with PeerProgram("databricks", command, ready_url=f"{peer.host}/peer/ready", environ=environ, folder=ROOT):
        yield peer
