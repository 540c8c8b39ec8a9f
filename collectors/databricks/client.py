"""Runs statements by the Statement Execution API of one SQL warehouse, and downloads the account's usage log.

All waiting is done here, by ``sleep``, between bounded attempts: the SDK is given a clock that lets it give up at once,
and its error tells how long Databricks asked to wait (``Retry-After`` of a 429 or 503). Results come inline, in chunks
that are asked for by number from the configured host; a link to anywhere else is refused.
Source: https://docs.databricks.com/api/workspace/statementexecution.
"""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.credentials import VENDOR, login_arguments
from collectors.databricks.faults import Place, http_fault, is_passing, statement_fault
from collectors.databricks.sdk import SDK, bound, impatient_clock, status_of
from collectors.errors import HostUnreachable, InvalidManifest, ProviderError, ProviderUnavailable
from collectors.unreachable import ATTEMPTS_TO_REACH, CONNECT_TIMEOUT_SECONDS, as_host_unreachable

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.sql import ResultData, StatementResponse

Row = Mapping[str, str | None]
Answer = TypeVar("Answer")

ATTEMPTS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 60.0
LONGEST_STATEMENT_SECONDS: Final = 900.0
POLL_SECONDS: Final = 2.0
READ_TIMEOUT_SECONDS: Final = 90
WAIT_TIMEOUT: Final = "30s"
LARGEST_RESULT_BYTES: Final = 20 << 20
"""Databricks answers inline up to 25 MiB; what is more comes marked as truncated."""
LARGEST_LOG_BYTES: Final = 512 << 20
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Rows by lower-case column name, every value as its text; ``is_truncated``: there were more than fit."""

    rows: tuple[Row, ...]
    is_truncated: bool


class StatementClient:
    """One workspace's SQL warehouse, and the account console where the connection names it.

    Args:
        connection: where and as whom.
        environ: where ``env:`` credentials are looked up.
        sleep: waits some seconds between two attempts.
    """

    def __init__(
        self,
        connection: DatabricksSystemTables,
        *,
        environ: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._login = login_arguments(connection.credentials, environ=environ)
        self._sleep = sleep
        self._warehouse = Place(
            name=f"SQL warehouse {connection.warehouse_id}", right="CAN USE on that warehouse", permission="CAN USE"
        )
        self._workspace: WorkspaceClient | None = None

    def run(self, statement: str, parameters: Mapping[str, tuple[str, str]], *, table: str) -> Result:
        """The result of a statement that mainly reads ``table``; parameters are (type, text) by name.

        Raises:
            AccessDenied, NotFoundAtProvider, CredentialsMissing, InvalidManifest: see ``collectors.databricks.faults``.
            ProviderUnavailable: Databricks did not answer after several attempts.
            ProviderPackageMissing: the extra ``databricks`` is not installed.
        """
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._finished(self._submit(statement, parameters, table), table)
            error = answer.status.error if answer.status else None
            state = answer.status.state if answer.status else None
            if state is not None and state.value == "SUCCEEDED":
                return self._result(answer, table)
            code = error.error_code.value if error is not None and error.error_code else "CLOSED"
            if attempt == ATTEMPTS or not is_passing(code):
                raise statement_fault(code, (error.message if error is not None else None) or "", table)
            self._sleep(min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS))
        raise RuntimeError("the loop returns or raises")

    def run_whole(self, statement: str, parameters: Mapping[str, tuple[str, str]], *, table: str) -> tuple[Row, ...]:
        """All rows of a statement that one answer must hold.

        Raises:
            ProviderError: it does not; else as ``run``.
        """
        result = self.run(statement, parameters, table=table)
        if result.is_truncated:
            raise ProviderError(
                f"Databricks has more rows of {table} for one statement than the {LARGEST_RESULT_BYTES} bytes of one "
                "answer hold; collect a shorter window, and report it when it stays so",
                vendor=VENDOR,
                location=table,
            )
        return result.rows

    def fetch_usage_log(self, period: str, path: Path) -> None:
        """Write the account's usage log of a month, CSV, to ``path``.

        Raises:
            ProviderError: as ``run``, or it is larger than any log should be.
        """
        account = Place(
            name=f"account {self._connection.account_id}", right="the role of account admin", permission="account admin"
        )
        self._ask(lambda: self._download(period, path), "the account's usage log", account)

    def close(self) -> None:
        """Forget the client; the SDK keeps no session open."""
        self._workspace = None

    def _download(self, period: str, path: Path) -> None:
        url = self._connection.endpoints.get("account", self._connection.account_host or "")
        client = SDK.load().AccountClient(config=self._config(url))
        bound(client, read_timeout_seconds=READ_TIMEOUT_SECONDS, ca_bundle=self._connection.ca_bundle)
        total = 0
        with (
            contextlib.closing(client.billable_usage.download(period, period).contents) as stream,
            path.open("wb") as log,
        ):
            while piece := stream.read(_CHUNK_BYTES):
                total += log.write(piece)
                if total > LARGEST_LOG_BYTES:
                    raise ProviderError(
                        f"Databricks sends more than {LARGEST_LOG_BYTES} bytes of usage log for {period}; set total = "
                        '"none" for this connection',
                        vendor=VENDOR,
                        location="the account's usage log",
                    )

    def _submit(self, statement: str, parameters: Mapping[str, tuple[str, str]], table: str) -> StatementResponse:
        sql = SDK.load("service.sql")
        items = [
            sql.StatementParameterListItem(name=name, type=kind, value=text)
            for name, (kind, text) in parameters.items()
        ]
        answer: StatementResponse = self._ask(
            lambda: self._api().execute_statement(
                statement=statement,
                warehouse_id=self._connection.warehouse_id,
                parameters=items,
                wait_timeout=WAIT_TIMEOUT,
                on_wait_timeout=sql.ExecuteStatementRequestOnWaitTimeout.CONTINUE,
                disposition=sql.Disposition.INLINE,
                format=sql.Format.JSON_ARRAY,
                byte_limit=LARGEST_RESULT_BYTES,
            ),
            table,
        )
        return answer

    def _finished(self, answer: StatementResponse, table: str) -> StatementResponse:
        waited_seconds, identifier = 0.0, str(answer.statement_id)
        while answer.status and answer.status.state and answer.status.state.value in ("PENDING", "RUNNING"):
            if waited_seconds >= LONGEST_STATEMENT_SECONDS:
                with contextlib.suppress(ProviderError):
                    self._ask(lambda: self._api().cancel_execution(identifier), table)
                raise ProviderUnavailable(
                    f"Databricks has not finished the statement on {table} after {LONGEST_STATEMENT_SECONDS:.0f} s; "
                    "check the SQL warehouse, then try again later",
                    vendor=VENDOR,
                    location=table,
                )
            self._sleep(POLL_SECONDS)
            waited_seconds += POLL_SECONDS
            answer = self._ask(lambda: self._api().get_statement(identifier), table)
        return answer

    def _result(self, answer: StatementResponse, table: str) -> Result:
        manifest, chunk = answer.manifest, answer.result
        if manifest is None or manifest.schema is None or chunk is None or chunk.external_links:
            raise self._unreadable(table, "without the description or the rows that were asked for")
        names = [str(column.name).lower() for column in manifest.schema.columns or ()]
        identifier = str(answer.statement_id)
        cells = list(chunk.data_array or ())
        while (index := self._next_index(chunk, identifier, table)) is not None:
            chunk = self._ask(
                lambda: self._api().get_statement_result_chunk_n(identifier, index),
                table,
            )
            cells.extend(chunk.data_array or ())
        if len(cells) != (manifest.total_row_count or 0):
            raise self._unreadable(table, f"{len(cells)} rows long where {manifest.total_row_count} were announced")
        rows = tuple(dict(zip(names, row, strict=True)) for row in cells)
        return Result(rows=rows, is_truncated=bool(manifest.truncated))

    def _next_index(self, chunk: ResultData, identifier: str, table: str) -> int | None:
        """The number of the chunk that follows. Its link must be what that number means: nothing else is followed."""
        index, link = chunk.next_chunk_index, chunk.next_chunk_internal_link
        expected = f"/api/2.0/sql/statements/{identifier}/result/chunks/{index}"
        if link is not None and link.partition("?")[0] != expected:
            raise self._unreadable(table, "continued on another address than that of its own chunks")
        if index is not None and index <= (chunk.chunk_index or 0):
            raise self._unreadable(table, "continued by a chunk that was read already")
        return index

    def _unreadable(self, table: str, what: str) -> InvalidManifest:
        return InvalidManifest(
            f"Databricks answers the statement on {table} with a result {what}; nothing of it was stored; try again, "
            "and report it if it stays",
            vendor=VENDOR,
            location=table,
        )

    def _ask(self, call: Callable[[], Answer], table: str, place: Place | None = None) -> Answer:
        """Ask until there is an answer, waiting as long as Databricks says, at most so often and so long."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return _ask_once(call, table, place or self._warehouse)
            except _Passing as passing:
                is_reached = not isinstance(passing.fault, HostUnreachable)
                if attempt == (ATTEMPTS if is_reached else ATTEMPTS_TO_REACH):
                    raise passing.fault from passing.__cause__
                asked_seconds = passing.retry_after_seconds
                pause = 2.0 ** (attempt - 1) if asked_seconds is None else float(max(asked_seconds, 0))
                self._sleep(min(pause, LONGEST_PAUSE_SECONDS))
        raise RuntimeError("the loop returns or raises")

    def _api(self) -> Any:
        if self._workspace is None:
            url = self._connection.endpoints.get("workspace", self._connection.host)
            self._workspace = SDK.load().WorkspaceClient(config=self._config(url))
            bound(self._workspace, read_timeout_seconds=READ_TIMEOUT_SECONDS, ca_bundle=self._connection.ca_bundle)
        return self._workspace.statement_execution

    def _config(self, url: str) -> Any:
        return SDK.load("config").Config(
            host=url,
            account_id=self._connection.account_id,
            clock=impatient_clock(),
            http_timeout_seconds=CONNECT_TIMEOUT_SECONDS,  # of looking at the host; ``bound`` says how long calls take
            retry_timeout_seconds=1,
            **self._login,
        )


class _Passing(Exception):
    """A fault after which the same call may succeed; ``retry_after_seconds`` is what Databricks asked to wait."""

    def __init__(self, fault: ProviderError, retry_after_seconds: int | None) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.retry_after_seconds = retry_after_seconds


def _ask_once(call: Callable[[], Answer], table: str, place: Place) -> Answer:
    """Raises ``_Passing`` where it is worth asking again."""
    requests_error = importlib.import_module("requests").RequestException
    try:
        return call()
    except (SDK.load("errors").DatabricksError, TimeoutError) as error:
        # The SDK wraps what it was told to give up on.
        fault = error.__cause__ if isinstance(error, TimeoutError) and error.__cause__ is not None else error
        unreachable = as_host_unreachable(VENDOR, fault, location=table)
        found = unreachable or http_fault(status_of(fault), str(fault), table, place)
        if isinstance(found, ProviderUnavailable):
            raise _Passing(found, getattr(fault, "retry_after_secs", None)) from error
        raise found from error
    except (requests_error, OSError, ValueError) as error:  # cut off, silent, or no JSON
        unreachable = as_host_unreachable(VENDOR, error, location=table)
        raise _Passing(unreachable or http_fault(0, "", table, place), None) from error
