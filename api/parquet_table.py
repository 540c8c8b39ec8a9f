"""A Parquet file as a table of the problem format, one column in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from optimizer.errors import InvalidProblem
from optimizer.problem.arrow import Column


class ParquetTable:
    """Columns of a Parquet file, each read when it is asked for and kept by nobody but who asked.

    Raises:
        InvalidProblem: the file is not Parquet or a column of it is damaged.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._readable():
            self.column_names: list[str] = pq.read_schema(file).names

    def column(self, name: str, /) -> Column:
        """The column of that name."""
        with self._readable(), pq.ParquetFile(self._file) as parquet:
            column = parquet.read(columns=[name], use_threads=False).column(name)
        pa.default_memory_pool().release_unused()
        return column

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowInvalid, OSError) as error:
            raise InvalidProblem(
                f"{self._file.name} is not a readable Parquet file: {error}", path=f"$.{self._file.stem}"
            ) from error
