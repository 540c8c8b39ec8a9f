"""A price book on disk: Parquet files by table and licence, and ``book.json``, which says which belong together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collectors.pricing.errors import InvalidPriceFile
from collectors.pricing.sources.drafts import SHARE_ALIKE
from optimizer.pricing.columns import equals
from optimizer.pricing.fingerprint import fingerprint
from optimizer.pricing.schema import TABLES

MANIFEST: Final = "book.json"
_SHARE_ALIKE_SUFFIX: Final = "_cc_by_sa"
_UNFINISHED: Final = ".unfinished"

TableParts = dict[str, list[tuple[str, pa.Table]]]
"""Table name -> its files with what they hold."""


def split_by_licence(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """File name -> table: rows under CC BY-SA 4.0 in files of their own, the others beside them."""
    files: dict[str, pa.Table] = {}
    for name, table in tables.items():
        shared = pa.array(equals(table["licence"], SHARE_ALIKE))
        own, open_terms = table.filter(shared), table.filter(pc.invert(shared))
        if open_terms.num_rows or not own.num_rows:
            files[f"{name}.parquet"] = open_terms
        if own.num_rows:
            files[f"{name}{_SHARE_ALIKE_SUFFIX}.parquet"] = own
    return files


def write_book(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write the files of a book, and last of all the manifest, without which no file counts.

    Everything is written beside its place before the first file is moved in; Parquet files that a former book left and
    this one lacks are removed. A run that dies between two moves leaves a manifest that the files contradict, which
    ``read_tables`` refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = split_by_licence(tables)
    manifest = {"snapshot_id": fingerprint(tables), "files": sorted(files)}
    try:
        for name, table in files.items():
            pq.write_table(table, folder / f"{name}{_UNFINISHED}", compression="zstd", compression_level=19)
        (folder / f"{MANIFEST}{_UNFINISHED}").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for name in (*files, MANIFEST):
            (folder / f"{name}{_UNFINISHED}").replace(folder / name)
    finally:
        for unfinished in folder.glob(f"*{_UNFINISHED}"):
            unfinished.unlink()
    for stale in set(folder.glob("*.parquet")) - {folder / name for name in files}:
        stale.unlink()


def read_tables(root: Traversable) -> tuple[str, TableParts]:
    """The snapshot id of the manifest, and the files that it lists, by table.

    Raises:
        InvalidPriceFile: the manifest or a file that it lists is absent or unreadable, or has other columns.
    """
    manifest = _manifest(root.joinpath(MANIFEST))
    parts: TableParts = {name: [] for name in TABLES}
    for file_name in manifest["files"]:
        name = file_name.removesuffix(".parquet").removesuffix(_SHARE_ALIKE_SUFFIX)
        file = root.joinpath(file_name)
        if name not in parts:
            raise InvalidPriceFile(f"lists {file_name}, which is no table of a book", file=f"{root}/{MANIFEST}")
        if not file.is_file():
            raise InvalidPriceFile(f"no such file, though {MANIFEST} lists it; build the book again", file=str(file))
        parts[name].append((str(file), _read(file, name)))
    return manifest["snapshot_id"], parts


def _manifest(file: Traversable) -> dict[str, Any]:
    if not file.is_file():
        raise InvalidPriceFile("no such file; build the book or name its folder", file=str(file))
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidPriceFile(f"is not JSON: {error}", file=str(file)) from error
    if not isinstance(manifest, dict) or set(manifest) != {"snapshot_id", "files"}:
        raise InvalidPriceFile("must hold exactly the keys 'files' and 'snapshot_id'", file=str(file))
    return manifest


def _read(file: Traversable, name: str) -> pa.Table:
    schema = TABLES[name]
    try:
        with file.open("rb") as stream:
            table = pq.ParquetFile(stream).read()
    except (OSError, pa.ArrowException) as error:
        raise InvalidPriceFile(f"is not a readable Parquet file: {error}", file=str(file)) from error
    if table.schema.names != schema.names:
        missing = sorted(set(schema.names) - set(table.schema.names))
        unknown = sorted(set(table.schema.names) - set(schema.names))
        raise InvalidPriceFile(
            f"wrong columns: missing {missing}, unknown {unknown}; expected {schema.names}", file=str(file)
        )
    try:
        return table.cast(pa.schema([field.with_nullable(True) for field in schema]))
    except pa.ArrowInvalid as error:
        raise InvalidPriceFile(f"a column has another type than expected: {error}", file=str(file)) from error
