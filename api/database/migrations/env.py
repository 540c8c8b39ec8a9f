"""How Alembic runs a migration here: over the connection and in the transaction that the caller opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString

from api.database.columns import UtcInstant
from api.database.metadata import metadata


def render_type(kind: str, value: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types into migrations as what they are stored as, so that a migration never changes with us."""
    if kind == "type" and isinstance(value, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(value, UtcInstant):
        return "sa.BigInteger()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    render_item=render_type,
    compare_server_default=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
