"""Data files of inventories and lens exports, read row by row: CSV (plain or gzip), Parquet and ORC."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa
import pyarrow.orc as pa_orc
import pyarrow.parquet as pq

from collectors.signals.errors import UnreadableSignals

_MOST_TIMES: Final = 300
_ALWAYS_ALLOWED_BYTES: Final = 256 << 20
_BATCH_ROWS: Final = 16_384


@contextmanager
def csv_lines(path: Path) -> Iterator[Iterator[str]]:
    """The lines of a CSV file.

    Raises:
        UnreadableSignals: it is no whole gzip file, or unpacks to far more than any such file does.
    """
    is_packed = path.name.lower().endswith(".gz")
    try:
        with (
            cast(IO[bytes], gzip.open(path, "rb")) if is_packed else path.open("rb") as stream,
            io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="") as lines,
        ):
            yield _limited(lines, path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise UnreadableSignals(f"not a whole gzip file ({fault}); deliver it again", path=path) from fault


@contextmanager
def rows_of(path: Path, file_format: str) -> Iterator[Iterator[dict[str, Any]]]:
    """The rows of a Parquet or ORC file.

    Raises:
        UnreadableSignals: it is none.
    """
    try:
        yield _orc_rows(path) if file_format == "ORC" else _parquet_rows(path)
    except (pa.ArrowInvalid, OSError) as fault:
        reason = str(fault).splitlines()[0]
        raise UnreadableSignals(f"not a readable {file_format} file ({reason}); deliver it again", path=path) from fault


def _limited(lines: Iterator[str], path: Path) -> Iterator[str]:
    most_characters = max(_ALWAYS_ALLOWED_BYTES, _MOST_TIMES * path.stat().st_size)
    seen = 0
    for line in lines:
        seen += len(line)
        if seen > most_characters:
            raise UnreadableSignals(
                f"unpacks to more than {most_characters} bytes, {_MOST_TIMES} times its size; find out who wrote it",
                path=path,
            )
        yield line


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as stored:
        for batch in stored.iter_batches(batch_size=_BATCH_ROWS):
            yield from batch.to_pylist()


def _orc_rows(path: Path) -> Iterator[dict[str, Any]]:
    stored = pa_orc.ORCFile(path)
    for stripe in range(stored.nstripes):
        yield from pa.Table.from_batches([stored.read_stripe(stripe)]).to_pylist()
