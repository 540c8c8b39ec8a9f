"""Whether the connection's role sees every view that is read, and the smallest grant that shows it.

The whole of what is needed stands in ``policy/least_privilege.sql`` beside this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from collectors.collector import Grant, GrantCheck
from collectors.errors import AccessDenied, ProviderError
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.views import View

_PROBE_SQL: Final = "SELECT 1 AS PROBE FROM {view} LIMIT 0"


def least_privilege_sql() -> str:
    """The statements that give a role everything that is collected from Snowflake, and nothing else."""
    return (files("collectors.snowflake") / "policy" / "least_privilege.sql").read_text(encoding="utf-8")


def check_views(session: SnowflakeSession, views: Iterable[View], role: str | None) -> tuple[GrantCheck, ...]:
    """Asks every view for no row; a login that is refused or a missing SDK is the fault of all of them."""
    checks = []
    stopped: str | None = None
    for view in views:
        fault = stopped
        if fault is None:
            try:
                session.rows(_PROBE_SQL.format(view=view.name), [], view=view)
            except ProviderError as found:
                fault = str(found)
                stopped = None if isinstance(found, AccessDenied) else fault
        grant = Grant(
            permission=f"DATABASE ROLE {view.database}.{view.database_role}",
            on=view.name,
            purpose=view.purpose,
            statement=f"{view.grant(role)};",
        )
        checks.append(GrantCheck(grant=grant, fault=fault))
    return tuple(checks)
