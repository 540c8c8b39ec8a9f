"""The engine, and the two kinds of transaction: reading, and writing (which takes SQLite's write lock at once)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel, create_engine

from api.errors import DatabaseUnusable

BUSY_TIMEOUT_MS: Final = 30_000
ROWS_PER_CHUNK: Final = 1000
WRITING: Final = "placement_writing"


class Database:
    """One database. ``reading`` and ``writing`` are the only ways to a session."""

    def __init__(self, url: str) -> None:
        """Connects lazily; a SQLite file's folder is made when it is missing.

        Raises:
            DatabaseUnusable: the folder of the SQLite file cannot be made, or the URL's database is not supported.
        """
        parsed = make_url(url)
        self.printable_url = parsed.render_as_string(hide_password=True)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as problem:
                message = f"its folder cannot be made ({problem.strerror}); choose another data directory"
                raise DatabaseUnusable(message, url=self.printable_url) from problem
        try:
            self.engine: Engine = create_engine(url, pool_pre_ping=not self.is_sqlite)
        except (SQLAlchemyError, ImportError) as problem:
            message = (
                f"there is no driver for it ({type(problem).__name__}); use a sqlite:/// URL or install the driver"
            )
            raise DatabaseUnusable(message, url=self.printable_url) from problem
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session over one consistent snapshot; nothing that is written in it is kept."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are committed together at the end, or not at all when an error leaves the block."""
        engine = self.engine.execution_options(**{WRITING: True})
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing after another has written fails at once, whatever the busy timeout.
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def table_of(model: type[SQLModel]) -> Table:
    """The table of a table model, for bulk statements."""
    table = inspect(model).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not a table model")
    return table


def insert_rows(session: Session, model: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert many rows in the session's transaction, one statement."""
    if rows:
        session.connection().execute(table_of(model).insert(), rows)


def insert_unless_present(session: Session, model: type[SQLModel], row: dict[str, Any]) -> bool:
    """Insert one row unless a unique key forbids it; whether it was inserted.

    Two transactions that try at the same moment get exactly one True between them: the database decides.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table_of(model)).values(**row).on_conflict_do_nothing()
    return session.connection().execute(statement).rowcount == 1
