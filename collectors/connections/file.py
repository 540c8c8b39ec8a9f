"""Reads ``connections.toml``: which bills to collect from where, as a person wrote it down.

::

    [[connection]]
    name = "aws-payer"
    provider = "aws"
    kind = "focus_export"
    bucket = "acme-billing"
    export = "focus-daily"
    region = "us-east-1"
    credentials = "env:BILLING_AWS"     # a reference; a secret itself never stands in this file
    endpoints = { s3 = "http://127.0.0.1:5000" }   # optional

The fields of each kind are those of its class in ``collectors.connections``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_type_hints

from collectors.connections.base import Connection
from collectors.errors import InvalidConnections


def read_connections(path: Path, kinds: tuple[type[Connection], ...]) -> tuple[Connection, ...]:
    """The connections of a TOML file, in its order.

    Raises:
        InvalidConnections: no such file, no TOML, an unknown key or value, or a name twice; with the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidConnections(
            f"cannot be read ({fault}); write one as the README shows", path=path, line=1
        ) from fault
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        line = int(found[1]) if found else len(text.splitlines())
        raise InvalidConnections(f"not TOML: {fault}", path=path, line=line) from fault
    lines = _Lines(text)
    for key in document:
        if key != "connection":
            raise InvalidConnections(
                f"unknown key {key!r}; expected [[connection]] tables",
                path=path,
                line=lines.of_key(None, key),
                field=key,
            )
    tables = document.get("connection", [])
    if not isinstance(tables, list):
        raise InvalidConnections("expected [[connection]] with two brackets", path=path, line=lines.of_table(0))
    connections: list[Connection] = []
    for position, table in enumerate(tables):
        connection = _connection(table, position, path, lines, kinds)
        for unique in ("name", "source", "origin"):
            if any(getattr(connection, unique) == getattr(other, unique) for other in connections):
                raise InvalidConnections(
                    f"two connections have the {unique} {getattr(connection, unique)!r}; change or remove one",
                    path=path,
                    line=lines.of_key(position, unique if unique in table else "name"),
                    field=unique,
                )
        connections.append(connection)
    return tuple(connections)


def _connection(
    table: Mapping[str, Any], position: int, path: Path, lines: _Lines, kinds: tuple[type[Connection], ...]
) -> Connection:
    def fail(message: str, key: str | None = None) -> InvalidConnections:
        line = lines.of_key(position, key) if key in table else lines.of_table(position)
        return InvalidConnections(message, path=path, line=line, field=key)

    wanted = (table.get("provider"), table.get("kind"))
    kind = next((each for each in kinds if wanted == (each.PROVIDER, each.KIND)), None)
    if kind is None:
        known = "; ".join(f'provider = "{each.PROVIDER}", kind = "{each.KIND}": {each.MEANING}' for each in kinds)
        raise fail(f"no collector for provider {wanted[0]!r}, kind {wanted[1]!r}; known are {known}", "provider")
    hints = get_type_hints(kind)
    known_fields = {each.name: each for each in fields(kind)}
    settings: dict[str, Any] = {}
    for key, value in table.items():
        if key in ("provider", "kind"):
            continue
        if key not in known_fields:
            raise fail(f"unknown key {key!r}; expected one of provider, kind, {', '.join(known_fields)}", key)
        try:
            settings[key] = _value(value, hints[key])
        except TypeError as fault:
            raise fail(f"{key} must be {fault}, not {value!r}", key) from fault
    for key, each in known_fields.items():
        if _is_required(each) and not settings.get(key):
            raise fail(f'{key} is missing; add a line {key} = "..."', key)
    try:
        return kind(**settings)
    except ValueError as fault:
        raise fail(str(fault), re.split(r"[\s:]", str(fault), maxsplit=1)[0]) from fault


def _is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _value(value: Any, hint: Any) -> Any:
    """A TOML value as the field's type.

    Raises:
        TypeError: it is of another type; the message says what was expected.
    """
    if hint is bool:
        if not isinstance(value, bool):
            raise TypeError("true or false")
    elif hint is int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise TypeError("a whole number that is not negative")
    elif hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise TypeError("a list of texts")
        return tuple(value)
    elif hint == Mapping[str, str]:
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise TypeError("a table of texts")
    elif not isinstance(value, str):
        raise TypeError("text in quotes")
    return value


class _Lines:
    """Finds the lines of keys again: the TOML reader of the standard library does not keep them."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._tables = [i for i, line in enumerate(self._lines) if re.match(r"\s*\[\[?\s*connection\s*\]", line)]

    def of_table(self, position: int) -> int:
        """Line of the n-th ``[[connection]]``, from 1."""
        return self._tables[position] + 1 if position < len(self._tables) else 1

    def of_key(self, position: int | None, key: str | None) -> int:
        """Line of a key inside the n-th table, or outside any table; the table's line when it is not found."""
        start = 0 if position is None else self.of_table(position)
        end = len(self._lines)
        if position is not None and position + 1 < len(self._tables):
            end = self._tables[position + 1]
        pattern = re.compile(rf"\s*\[*\s*(connection\.)?[\"']?{re.escape(str(key))}[\"']?\s*[=\].]")
        for number in range(start, end):
            if pattern.match(self._lines[number]):
                return number + 1
        return max(start, 1)
