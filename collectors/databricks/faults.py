"""Databricks' faults turned into our errors, in one place.

Only codes and error classes are passed on: a message may quote the statement.
Source: https://docs.databricks.com/api/workspace/statementexecution/executestatement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from collectors.databricks.credentials import VENDOR
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    InvalidManifest,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
)

_ERROR_CLASS: Final = re.compile(r"\[([A-Z0-9_.]+)\]")
_TRANSIENT_CODES: Final = frozenset(
    {
        "ABORTED",
        "DEADLINE_EXCEEDED",
        "INTERNAL_ERROR",
        "IO_ERROR",
        "RESOURCE_EXHAUSTED",
        "SERVICE_UNDER_MAINTENANCE",
        "TEMPORARILY_UNAVAILABLE",
        "WORKSPACE_TEMPORARILY_UNAVAILABLE",
    }
)


def grant_for(table: str, principal: str = "`<principal of this connection>`") -> str:
    """The smallest grants that show a system table.

    >>> grant_for("system.billing.usage", "`sp`").splitlines()[1]
    'GRANT SELECT ON TABLE system.billing.usage TO `sp`;'
    """
    schema = table.rpartition(".")[0]
    return f"GRANT USE SCHEMA ON SCHEMA {schema} TO {principal};\nGRANT SELECT ON TABLE {table} TO {principal};"


def statement_fault(code: str, message: str, table: str) -> ProviderError:
    """What a statement that ended in the state FAILED means."""
    found = _ERROR_CLASS.search(message)
    error_class = found[1] if found else code
    where: dict[str, Any] = {"vendor": VENDOR, "location": table}
    if error_class.startswith(("INSUFFICIENT_PERMISSIONS", "PERMISSION_DENIED", "UNAUTHORIZED_ACCESS")):
        return AccessDenied(
            f"Databricks does not show {table} to this principal; as a metastore admin run "
            f"{_one_line(grant_for(table))}",
            permission=f"SELECT ON {table}",
            **where,
        )
    if error_class.startswith(("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "NO_SUCH_CATALOG")):
        return NotFoundAtProvider(
            f"Databricks has no {table} here; enable the system schema {table.split('.')[1]} for this metastore "
            "(databricks system-schemas enable), then grant it",
            **where,
        )
    if error_class.startswith("UNRESOLVED_COLUMN"):
        return InvalidManifest(
            f"Databricks' table {table} lacks a column that is needed; ask Databricks whether this account has the "
            "current release of its system tables",
            **where,
        )
    if is_passing(code):
        return ProviderUnavailable(
            f"Databricks could not run the statement on {table} ({code}); try again later", **where
        )
    return ProviderError(
        f"Databricks refuses the statement on {table} ({error_class}); look it up in the query history of the SQL "
        "warehouse, and report it",
        **where,
    )


def is_passing(code: str) -> bool:
    """Whether a statement that failed with this code may succeed when it is run again."""
    return code in _TRANSIENT_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is asked: its name, and the right to it in words and by Databricks' name."""

    name: str
    right: str
    permission: str


def http_fault(status: int, message: str, location: str, place: Place) -> ProviderError:
    """What an HTTP status other than success means; 0 is no answer at all."""
    where: dict[str, Any] = {"vendor": VENDOR, "location": location}
    if status == 401 or (status == 403 and "invalid access token" in message.lower()):
        return CredentialsMissing(
            f"Databricks refuses the credentials of this connection (HTTP {status}); renew them where the connection "
            "says they are",
            **where,
        )
    if status == 403:
        return AccessDenied(
            f"Databricks does not let this principal use {place.name}; give it {place.right}",
            permission=place.permission,
            **where,
        )
    if status == 404:
        return NotFoundAtProvider(
            f"Databricks has no {place.name} at this host; correct the host and the id in this connection", **where
        )
    answer = f"HTTP {status}" if status else "no whole answer"
    return ProviderUnavailable(
        f"Databricks could not serve {location} ({answer}); check the host and the network, then try again later",
        **where,
    )


def _one_line(statements: str) -> str:
    return statements.replace("\n", " ")
