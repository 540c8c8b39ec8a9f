"""Migrations: bring a database to the newest schema, and say how far it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.database.engine import WRITING, Database
from api.errors import DatabaseUnusable


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration over an open connection; the scripts are those inside this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade_database(database: Database) -> None:
    """Bring the schema to the newest revision, in one transaction; several processes may call it at once.

    Raises:
        DatabaseUnusable: the database cannot be reached, or is newer than this program.
    """
    try:
        with database.engine.execution_options(**{WRITING: True}).begin() as connection:
            command.upgrade(alembic_config(connection), "head")
    except CommandError as problem:
        message = f"its schema is not known to this version of the program ({problem}); install the newer version"
        raise DatabaseUnusable(message, url=database.printable_url) from problem
    except SQLAlchemyError as problem:
        cause = getattr(problem, "orig", None) or problem
        message = f"cannot be opened or migrated: {cause}"
        raise DatabaseUnusable(message, url=database.printable_url) from problem


def head_revision() -> str | None:
    """The newest revision that this program knows."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config).get_current_head()


def current_revision(database: Database) -> str | None:
    """The revision of the database; None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
