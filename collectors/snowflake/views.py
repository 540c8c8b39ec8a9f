"""The views that are read, and the database role of the shared database that shows each.

Source: https://docs.snowflake.com/en/sql-reference/snowflake-db-roles.
"""

from __future__ import annotations

from dataclasses import dataclass

from collectors.connections.snowflake import SnowflakeUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view in full; ``database_role`` of its database is what shows it, ``purpose`` what needs it."""

    database: str
    schema: str
    short_name: str
    database_role: str
    purpose: str

    @property
    def name(self) -> str:
        """``database.schema.view``, which needs no quotes."""
        return f"{self.database}.{self.schema}.{self.short_name}"

    def grant(self, role: str | None) -> str:
        """The smallest grant that shows it to ``role``."""
        return f"GRANT DATABASE ROLE {self.database}.{self.database_role} TO ROLE {role or '<role of this connection>'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Every view that this product reads."""

    usage_in_currency: View
    remaining_balance: View
    contract_items: View
    rate_sheet: View
    organization_metering: View
    organization_databases: View
    organization_stages: View
    warehouse_metering: View
    warehouse_load: View
    table_storage: View
    data_transfer: View
    access_history: View
    query_history: View

    @property
    def basis(self) -> tuple[View, ...]:
        """Those that costs are allocated by."""
        return (self.organization_metering, self.organization_databases, self.organization_stages)

    def all(self) -> tuple[View, ...]:
        """Each once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def views_of(connection: SnowflakeUsage) -> Views:
    """The views in the connection's database."""

    def organization(short_name: str, role: str, purpose: str) -> View:
        return View(
            database=connection.database,
            schema="ORGANIZATION_USAGE",
            short_name=short_name,
            database_role=f"ORGANIZATION_{role}_VIEWER",
            purpose=purpose,
        )

    def account(short_name: str, role: str, purpose: str) -> View:
        return View(
            database=connection.database,
            schema="ACCOUNT_USAGE",
            short_name=short_name,
            database_role=f"{role}_VIEWER",
            purpose=purpose,
        )

    return Views(
        usage_in_currency=organization("USAGE_IN_CURRENCY_DAILY", "BILLING", "billing"),
        remaining_balance=organization("REMAINING_BALANCE_DAILY", "BILLING", "total"),
        contract_items=organization("CONTRACT_ITEMS", "BILLING", "total"),
        rate_sheet=organization("RATE_SHEET_DAILY", "BILLING", "prices"),
        organization_metering=organization("WAREHOUSE_METERING_HISTORY", "USAGE", "billing"),
        organization_databases=organization("DATABASE_STORAGE_USAGE_HISTORY", "USAGE", "billing"),
        organization_stages=organization("STAGE_STORAGE_USAGE_HISTORY", "USAGE", "billing"),
        warehouse_metering=account("WAREHOUSE_METERING_HISTORY", "USAGE", "usage"),
        warehouse_load=account("WAREHOUSE_LOAD_HISTORY", "USAGE", "usage"),
        table_storage=account("TABLE_STORAGE_METRICS", "USAGE", "usage"),
        data_transfer=account("DATA_TRANSFER_HISTORY", "USAGE", "usage"),
        access_history=account("ACCESS_HISTORY", "GOVERNANCE", "access"),
        query_history=account("QUERY_HISTORY", "GOVERNANCE", "access"),
    )
