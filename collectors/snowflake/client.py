"""The one session that all queries use, and Snowflake's faults turned into our errors.

The connector is told not to repeat a request, because its waits could be neither bounded nor seen from here: this
module repeats what may succeed later (429, 5xx, a connection cut off, a session that ended), after pauses that double.
Snowflake documents no header that says how long to wait. Every statement only reads, so repeating one is harmless.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from collectors.connections.snowflake import SnowflakeUsage
from collectors.errors import HostUnreachable, ProviderError, ProviderUnavailable
from collectors.extras import Extra
from collectors.snowflake.credentials import VENDOR, login_arguments
from collectors.snowflake.faults import translated_fault
from collectors.snowflake.views import View
from collectors.unreachable import ATTEMPTS_TO_REACH, CONNECT_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

Row = Mapping[str, Any]

REQUEST_TIMEOUT_SECONDS: Final = 120
QUERY_TIMEOUT_SECONDS: Final = 600
ATTEMPTS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 30.0
MOST_ROWS: Final = 5_000_000


CONNECTOR: Final = Extra(
    vendor=VENDOR, module="snowflake.connector", package="snowflake-connector-python", extra="snowflake"
)


class SnowflakeSession:
    """Runs statements one after another over one login, which it makes when the first runs.

    Args:
        connection: as whom and where.
        environ: where ``env:`` credentials are looked up; they are not kept beyond the login's arguments.
        sleep: waits some seconds between two attempts.
    """

    def __init__(
        self,
        connection: SnowflakeUsage,
        *,
        environ: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._arguments = {**_address(connection), **login_arguments(connection.credentials, environ=environ)}
        self._host = _host_of(self._arguments)
        self._role = connection.role
        self._sleep = sleep
        self._open: SnowflakeConnection | None = None

    def rows(self, statement: str, parameters: Sequence[object], *, view: View) -> list[dict[str, Any]]:
        """What a statement that mainly reads ``view`` returns: column names in upper case, numbers as ``Decimal``.

        Raises:
            AccessDenied: the role does not see the view, or may not run queries.
            CredentialsMissing: the login is refused.
            InvalidManifest: the view lacks a column.
            ProviderUnavailable: Snowflake did not answer after several attempts.
            ProviderError: more rows than any such view should have.
            ProviderPackageMissing: the extra ``snowflake`` is not installed.
        """
        errors = CONNECTOR.load().errors
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._run(statement, parameters, view)
            except errors.Error as fault:
                translated = translated_fault(int(fault.errno or 0), view, self._role, text=str(fault), host=self._host)
                self.close()
                attempts = ATTEMPTS_TO_REACH if isinstance(translated, HostUnreachable) else ATTEMPTS
                if attempt >= attempts or not isinstance(translated, ProviderUnavailable):
                    raise translated from fault
            self._sleep(min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS))
        raise RuntimeError("the loop returns or raises")

    def close(self) -> None:
        """End the session; the next statement makes a new one."""
        if self._open is not None:
            session, self._open = self._open, None
            with contextlib.suppress(CONNECTOR.load().errors.Error):  # it may have ended at the other side already
                session.close(retry=False)

    def _run(self, statement: str, parameters: Sequence[object], view: View) -> list[dict[str, Any]]:
        if self._open is None:
            self._open = CONNECTOR.load().connect(**self._arguments)
        with self._open.cursor() as cursor:
            cursor.execute(statement, tuple(parameters))
            names = [column.name.upper() for column in cursor.description or ()]
            found: list[dict[str, Any]] = []
            for cells in cursor:
                if len(found) == MOST_ROWS:
                    raise ProviderError(
                        f"Snowflake returns more than {MOST_ROWS} rows of {view.name}; collect a shorter window",
                        vendor=VENDOR,
                        location=view.name,
                    )
                found.append(dict(zip(names, cells, strict=True)))
        return found


def _address(connection: SnowflakeUsage) -> dict[str, Any]:
    """Where to log in and how long to wait; an endpoint of one's own replaces the account's host name."""
    arguments: dict[str, Any] = {
        "account": connection.account,
        "user": connection.user,
        "role": connection.role,
        "warehouse": connection.warehouse,
        "session_parameters": {"TIMEZONE": "UTC", "CLIENT_TELEMETRY_ENABLED": False},
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "request_timeout": REQUEST_TIMEOUT_SECONDS,
        "query_timeout": QUERY_TIMEOUT_SECONDS,
        "retry_max_attempts": 1,
        "client_store_temporary_credential": False,
        "enable_server_session_keep_alive_auto_detection": False,
        "application": "workload_placement",
    }
    if connection.ca_bundle is not None:
        arguments["custom_root_store_path"] = connection.ca_bundle
    url = connection.endpoints.get("sql")
    if url is not None:
        parts = urlsplit(url)
        arguments |= {
            "host": parts.hostname,
            "port": parts.port or (443 if parts.scheme == "https" else 80),
            "protocol": parts.scheme,
        }
    return {name: value for name, value in arguments.items() if value is not None}


def _host_of(arguments: Mapping[str, Any]) -> str:
    """The address of the login, as the connector makes it of these arguments."""
    if "host" in arguments:
        return f"{arguments['host']}:{arguments['port']}"
    return f"{arguments['account']}.snowflakecomputing.com"
