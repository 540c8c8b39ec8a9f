"""Problems and plans of the published format on disk: one JSON file, or a folder of Parquet tables."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from api.parquet_table import ParquetTable
from optimizer.errors import InvalidPlan, InvalidProblem
from optimizer.exchange.documents import problem_from_document, problem_to_document
from optimizer.exchange.table_format import COLUMNS, OPTIONAL_TABLES, Table
from optimizer.exchange.tables import ProblemTables, problem_from_tables, problem_to_tables
from optimizer.problem.problem import Problem


def read_problem(path: Path) -> Problem:
    """The problem in a JSON file or a folder of tables.

    Raises:
        InvalidProblem: the file is missing or is not a problem; the message names file and JSON path.
    """
    try:
        if path.is_dir():
            return problem_from_tables(_read_tables(path))
        return problem_from_document(_read_json(path, InvalidProblem))
    except InvalidProblem as error:
        raise InvalidProblem(f"{str(error).removeprefix(f'{error.path}: ')} [in {path}]", path=error.path) from error


def write_problem(problem: Problem, path: Path) -> None:
    """Write a problem: JSON when the path ends in ``.json``, else a folder of tables. Whole or not at all."""
    if path.suffix == ".json":
        write_json(problem_to_document(problem), path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as unfinished:
        folder = Path(unfinished) / "problem"
        folder.mkdir()
        stated = problem_to_tables(problem)
        for name, table in stated.tables.items():
            columns = [table.column(column) for column in table.column_names]
            pq.write_table(
                pa.Table.from_arrays(columns, table.column_names), folder / f"{name}.parquet", compression="zstd"
            )
        write_json(stated.rules, folder / "rules.json")
        write_json(stated.head, folder / "problem.json")
        folder.rename(path)


def read_plan_document(path: Path) -> dict[str, Any]:
    """The JSON object in a plan file, not yet validated.

    Raises:
        InvalidPlan: the file is missing or holds no JSON object.
    """
    document = _read_json(path, InvalidPlan)
    if not isinstance(document, dict):
        raise InvalidPlan(f"{path} holds {type(document).__name__}; expected a JSON object")
    return document


def why_not_writable(path: Path) -> str | None:
    """What stands in the way of writing a file there, found out before a long solve; None when nothing does."""
    if path.is_dir():
        return f"{path} is a folder; name a file for the plan"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return None
    except OSError as error:
        return f"{path.parent} cannot be written to ({error.strerror}); name another file for the plan"


def write_json(document: Any, path: Path) -> None:
    """Write a document beside its place and move it there, so that no half-written file is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2, allow_nan=False)
            file.write("\n")
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _read_tables(folder: Path) -> ProblemTables:
    missing = [name for name in COLUMNS if name not in OPTIONAL_TABLES and not (folder / f"{name}.parquet").is_file()]
    if missing:
        raise InvalidProblem(f"{folder} has no {missing[0]}.parquet; a problem folder needs it", path=f"$.{missing[0]}")
    tables: dict[str, Table] = {file.stem: ParquetTable(file) for file in sorted(folder.glob("*.parquet"))}
    rules = folder / "rules.json"
    head = _read_json(folder / "problem.json", InvalidProblem)
    return ProblemTables(tables=tables, rules=_read_json(rules, InvalidProblem) if rules.is_file() else [], head=head)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the field {key!r} stands twice in one object")
        found[key] = value
    return found


def _read_json(path: Path, error: type[InvalidProblem] | type[InvalidPlan]) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_repeats)
    except OSError as problem:
        raise error(f"{path} cannot be read: {problem.strerror}; check the path") from problem
    except (ValueError, RecursionError) as problem:
        raise error(f"{path} is not JSON: {problem}") from problem
