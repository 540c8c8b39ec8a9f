"""Column types that SQLite and PostgreSQL keep alike: instants as epoch microseconds, money as 64-bit micro-USD."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class UtcInstant(TypeDecorator[datetime]):
    """An aware datetime stored as whole microseconds since 1970-01-01T00:00Z (SQLite's own type drops the zone)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds since the epoch.

        Raises:
            ValueError: the datetime has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; give an aware datetime")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The instant, aware, in UTC."""
        return None if value is None else EPOCH + int(value) * MICROSECOND


def instant_column(*, index: bool = False) -> Any:
    """A required instant."""
    return Field(sa_type=UtcInstant, index=index)


def optional_instant_column() -> Any:
    """An instant that may be unknown."""
    return Field(default=None, sa_type=UtcInstant)


def micro_usd_column() -> Any:
    """A required amount in integer micro-USD."""
    return Field(sa_type=BigInteger)


def optional_micro_usd_column() -> Any:
    """An amount in integer micro-USD that may be unknown: unknown is not zero."""
    return Field(default=None, sa_type=BigInteger)
