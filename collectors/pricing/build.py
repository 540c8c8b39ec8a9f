"""``python -m collectors.pricing.build --source DIR --out DIR``: build the book's files and say what is in them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from collectors.errors import PriceBookError
from collectors.pricing.files import write_book
from collectors.pricing.sources.known_figures import check_known_figures
from collectors.pricing.sources.reading_order import read_sources
from collectors.pricing.sources.tables import to_tables
from optimizer.pricing.book import PriceBook
from optimizer.pricing.errors import InvalidPriceBook


def main(arguments: list[str] | None = None) -> int:
    """Write the Parquet files; 0 when the book is sound, 1 when a known figure differs, 2 on a bad source."""
    parser = argparse.ArgumentParser(prog="python -m collectors.pricing.build", description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="folder of the source tables (prices/, latency/)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the Parquet files of the book")
    options = parser.parse_args(arguments)
    try:
        drafts = read_sources(options.source)
        tables = to_tables(drafts)
        book = PriceBook(tables)
    except (PriceBookError, InvalidPriceBook) as error:
        print(f"the price book was not built: {error}", file=sys.stderr)
        return 2
    differing = check_known_figures(book, options.source)
    _print_counts(tables["rows"])
    _print_rejected(drafts.rejected)
    for line in differing:
        print(f"known figure differs: {line}", file=sys.stderr)
    if differing:
        return 1
    write_book(tables, options.out)
    print(f"snapshot {book.snapshot_id}: {tables['rows'].num_rows} prices, {len(book.places)} places")
    return 0


def _print_counts(rows: pa.Table) -> None:
    counts: Counter[tuple[Any, Any]] = Counter(
        zip(rows["service"].to_pylist(), rows["confidence"].to_pylist(), strict=True)
    )
    for (service, confidence), count in sorted(counts.items()):
        print(f"{service:16} {confidence:10} {count:7}")


def _print_rejected(rejected: Counter[tuple[str, str]]) -> None:
    for (source, reason), count in sorted(rejected.items()):
        print(f"rejected {count:6}  {source}: {reason}")


if __name__ == "__main__":
    sys.exit(main())
