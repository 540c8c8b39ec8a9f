"""Connections to Snowflake: organisation and account usage views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from collectors.connections.base import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SnowflakeUsage(Connection):
    """``SNOWFLAKE.ORGANIZATION_USAGE`` for the money, ``SNOWFLAKE.ACCOUNT_USAGE`` for what stands behind it.

    Attributes:
        account: account identifier that answers the queries, ``ORG-ACCOUNT``.
        user, role, warehouse: as whom and with what the queries run.
        database: database that holds the usage schemas.
        allocates: whether compute and storage costs, which Snowflake bills by account, are shared out to warehouses and
            databases by the organisation's metering views; without it they stay whole and belong to no resource.
    """

    PROVIDER: ClassVar[str] = "snowflake"
    KIND: ClassVar[str] = "organization_usage"
    MEANING: ClassVar[str] = "the organisation and account usage views of Snowflake"
    ENDPOINTS: ClassVar[tuple[str, ...]] = ("sql",)
    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "account": (r"[A-Za-z0-9_.-]{1,128}", "an account identifier such as ORG-ACCOUNT"),
        "database": (r"[A-Za-z_][A-Za-z0-9_$]{0,254}", "the name of a database"),
    }

    account: str
    user: str
    role: str | None = None
    warehouse: str | None = None
    database: str = "SNOWFLAKE"
    allocates: bool = True

    @property
    def origin(self) -> str:
        """The account's usage views."""
        return f"snowflake://{self.account}/{self.database}"

    def default_source(self) -> str:
        """``snowflake:<account>``."""
        return f"snowflake:{self.account}"
