"""The database: migrations, column types, transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from api.database.columns import UtcInstant
from api.database.engine import WRITING, Database, insert_rows, insert_unless_present
from api.database.metadata import TABLES
from api.database.migrate import alembic_config, current_revision, head_revision, upgrade_database
from api.errors import DatabaseUnusable
from api.jobs.tables import WorkerRow
from api.runs.tables import RunStageRow

NOW = datetime(2026, 4, 1, tzinfo=UTC)
WORKER = {"id": "w", "host": "h", "process_id": 1, "started_at": NOW, "seen_at": NOW}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'a' / 'b.sqlite3'}")
    yield made
    made.close()


def test_migrations_bring_an_empty_database_to_the_newest_schema(database: Database) -> None:
    assert current_revision(database) is None
    upgrade_database(database)
    assert current_revision(database) == head_revision()
    tables = set(inspect(database.engine).get_table_names())
    assert tables == {str(table.__tablename__) for table in TABLES} | {"alembic_version"}
    upgrade_database(database)


def test_the_migrated_schema_does_not_drift_from_the_tables(database: Database) -> None:
    upgrade_database(database)
    with database.engine.execution_options(**{WRITING: True}).begin() as connection:
        command.check(alembic_config(connection))


def test_migrations_can_be_taken_back(database: Database) -> None:
    upgrade_database(database)
    with database.engine.execution_options(**{WRITING: True}).begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}


def test_processes_that_start_together_migrate_once(database: Database) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        mine = Database(str(database.engine.url))
        try:
            upgrade_database(mine)
        except BaseException as failure:
            failures.append(failure)
        finally:
            mine.close()

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert current_revision(database) == head_revision()


def test_a_database_of_a_later_program_is_refused(database: Database) -> None:
    upgrade_database(database)
    with database.engine.execution_options(**{WRITING: True}).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseUnusable, match="newer version"):
        upgrade_database(database)


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite3"
    file.write_text("not a database " * 100)
    broken = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnusable, match=r"x\.sqlite3.*not a database"):
        upgrade_database(broken)
    broken.close()


def test_a_password_is_not_printed() -> None:
    with pytest.raises(DatabaseUnusable) as refusal:
        Database("nosuch://user:hunter2@host/x")
    assert "hunter2" not in str(refusal.value)


def test_sqlite_is_durable_and_keeps_references(database: Database) -> None:
    upgrade_database(database)
    with database.reading() as session:
        pragmas = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    orphan = {
        "run_id": "none", "attempt": 1, "ordinal": 0, "name": "x", "seconds": 0.0, "count_in": 0, "count_out": 0,
        "count_dropped": 0, "input_fingerprint": "", "finished_at": NOW,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), database.writing() as session:
        insert_rows(session, RunStageRow, [orphan])


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    upgrade_database(database)

    def insert_twice() -> None:
        with database.writing() as session:
            insert_rows(session, WorkerRow, [WORKER])
            insert_rows(session, WorkerRow, [WORKER])

    with pytest.raises(IntegrityError):
        insert_twice()
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(WorkerRow)).one() == 0


def test_writers_wait_for_each_other_instead_of_failing(database: Database) -> None:
    upgrade_database(database)
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(10):
                with database.writing() as session:
                    counted = session.exec(select(func.count()).select_from(WorkerRow)).one()  # read, then write
                    insert_rows(session, WorkerRow, [{**WORKER, "id": f"{number}-{turn}", "process_id": counted}])
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reading() as session:
        seen = sorted(row.process_id for row in session.exec(select(WorkerRow)))
    assert seen == list(range(80)), "each writer saw what the ones before it had written"


def test_inserting_unless_present_says_whether_it_did(database: Database) -> None:
    upgrade_database(database)
    with database.writing() as session:
        assert insert_unless_present(session, WorkerRow, WORKER) is True
        assert insert_unless_present(session, WorkerRow, {**WORKER, "host": "other"}) is False
    with database.reading() as session:
        assert session.exec(select(WorkerRow.host)).one() == "h"


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_is_kept_to_the_microsecond_in_utc(moment: datetime) -> None:
    column, dialect = UtcInstant(), sqlite.dialect()
    kept = column.process_result_value(column.process_bind_param(moment, dialect), dialect)
    assert kept is not None
    assert kept == moment.astimezone(UTC)
    assert kept.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcInstant().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())


def test_instants_are_stored_as_whole_microseconds(database: Database, tmp_path: Path) -> None:
    upgrade_database(database)
    east = datetime(2026, 4, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    with database.writing() as session:
        insert_rows(session, WorkerRow, [{**WORKER, "seen_at": east}])
    with sqlite3.connect(tmp_path / "a" / "b.sqlite3") as plain:
        (stored,) = plain.execute("SELECT seen_at FROM worker").fetchone()
    plain.close()
    assert stored == int(NOW.timestamp()) * 10**6
