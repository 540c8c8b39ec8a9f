"""Reading source tables: CSV with checked columns, JSON with exact decimals, nested plain YAML mappings."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from collectors.pricing.errors import InvalidPriceSource


def csv_rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Rows of a CSV file as text, which must have at least ``columns``.

    Raises:
        InvalidPriceSource: the file is absent or lacks a column.
    """
    if not path.is_file():
        raise InvalidPriceSource(
            "no such file; point --source at the folder that holds the source tables", file=str(path)
        )
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        missing = sorted(set(columns) - set(reader.fieldnames or ()))
        if missing:
            raise InvalidPriceSource(f"lacks the columns {missing}; it has {reader.fieldnames}", file=str(path))
        yield from reader


def json_document(path: Path) -> Any:
    """A JSON document, its numbers with a fraction as exact decimals.

    Raises:
        InvalidPriceSource: the file is absent or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    except OSError as error:
        raise InvalidPriceSource(f"cannot be read: {error.strerror}", file=str(path)) from error
    except json.JSONDecodeError as error:
        raise InvalidPriceSource(f"line {error.lineno} is not JSON: {error.msg}", file=str(path)) from error


def yaml_decimals(path: Path, section: str) -> dict[tuple[str, ...], Decimal]:
    """The numbers below one top-level key of a YAML file of nested mappings, by their path of keys.

    Reads only ``key:`` and ``key: number`` lines indented by spaces, which is all that such a section holds.

    Raises:
        InvalidPriceSource: the file or the section is absent.
    """
    if not path.is_file():
        raise InvalidPriceSource(
            "no such file; point --source at the folder that holds the source tables", file=str(path)
        )
    found: dict[tuple[str, ...], Decimal] = {}
    trail: list[tuple[int, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        key, _, text = stripped.partition(":")
        trail = [*(step for step in trail if step[0] < indent), (indent, key)]
        keys = tuple(name for _, name in trail)
        if keys[0] == section and text.strip():
            found[keys[1:]] = Decimal(text.strip())
    if not found:
        raise InvalidPriceSource(f"has no section {section!r} with numbers", file=str(path))
    return found
