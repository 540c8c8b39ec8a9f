"""Whether the connection's role sees every view that is read, and the smallest grant that shows it.

The whole of what is needed stands in ``policy/least_privilege.sql`` beside this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib.resources import files
from typing import Final

from collectors.collector import Grant, GrantCheck
from collectors.errors import ProviderUnavailable
from collectors.grant_checks import ENDS_TRYING, try_grants
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.views import View

_PROBE_SQL: Final = "SELECT 1 AS PROBE FROM {view} LIMIT 0"


def least_privilege_sql() -> str:
    """The statements that give a role everything that is collected from Snowflake, and nothing else."""
    return (files("collectors.snowflake") / "policy" / "least_privilege.sql").read_text(encoding="utf-8")


def check_views(session: SnowflakeSession, views: Iterable[View], role: str | None) -> tuple[GrantCheck, ...]:
    """Asks every view for no row. They all answer by one login: what ends one but a right ends all."""
    return try_grants(
        ((_grant(view, role), partial(_ask_for_no_row, session, view)) for view in views),
        ends=(*ENDS_TRYING, ProviderUnavailable),
    )


def _ask_for_no_row(session: SnowflakeSession, view: View) -> None:
    session.rows(_PROBE_SQL.format(view=view.name), [], view=view)


def _grant(view: View, role: str | None) -> Grant:
    return Grant(
        permission=f"DATABASE ROLE {view.database}.{view.database_role}",
        on=view.name,
        purpose=view.purpose,
        statement=f"{view.grant(role)};",
    )
