"""Connections to Databricks: system tables through the Statement Execution API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from collectors.connections.base import Connection, is_safe_endpoint

_ACCOUNT_HOSTS = r"https://accounts\.(cloud\.databricks\.(com|us|mil)|gcp\.databricks\.com|azuredatabricks\.net)"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabricksSystemTables(Connection):
    """``system.billing`` and ``system.access`` of an account, read by a SQL warehouse of one workspace.

    Attributes:
        host: the workspace, ``https://<name>.cloud.databricks.com``.
        warehouse_id: SQL warehouse that runs the queries.
        account_id: Databricks account whose bill it is.
        discount_ratio: part of the list price that the contract takes off, as text, ``0`` to below ``1``: the system
            tables know list prices only.
        currency: currency of the list prices that the contract is made in.
        workspace_regions: region of each workspace by its id; the bill names none for classic compute.
        account_host: the account console, ``https://accounts.cloud.databricks.com``; with it the account's usage log is
            compared with every month.
    """

    PROVIDER: ClassVar[str] = "databricks"
    KIND: ClassVar[str] = "system_tables"
    MEANING: ClassVar[str] = "the system tables of Databricks"
    ENDPOINTS: ClassVar[tuple[str, ...]] = ("workspace", "account")
    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "host": (r"https?://[^/\s]+", "the address of a workspace such as https://acme.cloud.databricks.com"),
        "warehouse_id": (r"[0-9a-zA-Z-]{1,64}", "the id of a SQL warehouse"),
        "account_id": (r"[0-9a-zA-Z-]{1,64}", "the id of a Databricks account"),
        "discount_ratio": (r"0(\.\d{1,6})?", "a ratio from 0 to below 1"),
        "currency": (r"[A-Z]{3}", "a currency such as USD"),
        "account_host": (_ACCOUNT_HOSTS, "an account console such as https://accounts.cloud.databricks.com"),
    }

    host: str
    warehouse_id: str
    account_id: str
    discount_ratio: str = "0"
    currency: str = "USD"
    workspace_regions: Mapping[str, str] = field(default_factory=dict)
    account_host: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", self.host.rstrip("/"))
        Connection.__post_init__(self)
        if not is_safe_endpoint(self.host):
            raise ValueError(
                f"host = {self.host!r} is not an https:// address; http:// is accepted on the loopback interface only"
            )

    @property
    def origin(self) -> str:
        """The account's billing table."""
        return f"databricks://{self.account_id}/system.billing.usage"

    def default_source(self) -> str:
        """``databricks:<account>``."""
        return f"databricks:{self.account_id}"
