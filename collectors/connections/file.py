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

The fields of each kind are those of its class in ``collectors.connections``. A relative path in ``path``, ``invoices``,
``ca_bundle`` or ``credentials = "file:..."`` starts at the folder of this file, wherever a command is run.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Final, get_type_hints

from collectors.connections.base import Connection
from collectors.errors import InvalidConnections

_PATHS: Final = ("path", "invoices", "ca_bundle")


def read_connections(path: Path, kinds: tuple[type[Connection], ...]) -> tuple[Connection, ...]:
    """The connections of a TOML file, in its order.

    Raises:
        InvalidConnections: no such file, no TOML, an unknown key or value, or a name twice; with the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as fault:
        raise InvalidConnections("is not there; write it as collectors/README.md shows", path=path, line=1) from fault
    except OSError as fault:
        raise InvalidConnections(f"cannot be read ({fault.strerror}); fix its rights", path=path, line=1) from fault
    except UnicodeDecodeError as fault:
        raise InvalidConnections("cannot be read as UTF-8; save it as UTF-8 text", path=path, line=1) from fault
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        line = int(found[1]) if found else len(text.splitlines())
        what = re.sub(r"\s*\(at .*\)$", "", str(fault))
        raise InvalidConnections(f"not TOML: {what}; correct this line", path=path, line=line) from fault
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
    _check_billed_through(connections, path, lines)
    return tuple(connections)


def _check_billed_through(connections: Sequence[Connection], path: Path, lines: _Lines) -> None:
    """Refuse the name of a connection where its source is meant. Other sources may come by ``placement ingest``."""
    sources = {each.name: each.source for each in connections}
    for position, each in enumerate(connections):
        meant = sources.get(each.billed_through)
        if meant == each.source or each.billed_through == each.source:
            message = "billed_through names this connection itself; name the source of the cloud's bill"
        elif meant is not None:
            message = f'billed_through = "{each.billed_through}" names a connection; write its source, "{meant}"'
        else:
            continue
        line = lines.of_key(position, "billed_through")
        raise InvalidConnections(message, path=path, line=line, field="billed_through")


def _connection(
    table: Mapping[str, Any], position: int, path: Path, lines: _Lines, kinds: tuple[type[Connection], ...]
) -> Connection:
    def fail(message: str, key: str | None = None) -> InvalidConnections:
        line = lines.of_key(position, key) if key in table else lines.of_table(position)
        return InvalidConnections(message, path=path, line=line, field=key)

    wanted = (table.get("provider"), table.get("kind"))
    kind = next((each for each in kinds if wanted == (each.PROVIDER, each.KIND)), None)
    if kind is None:
        raise fail(*_unknown_kind(wanted, kinds))
    hints = get_type_hints(kind)
    known_fields = {each.name: each for each in fields(kind)}
    settings: dict[str, Any] = {}
    for key, value in table.items():
        if key in ("provider", "kind"):
            continue
        if key not in known_fields:
            raise fail(f"unknown key {key!r}; expected one of provider, kind, {', '.join(known_fields)}", key)
        try:
            settings[key] = _from_folder(key, _value(value, hints[key]), path.absolute().parent)
        except TypeError as fault:
            raise fail(f"{key} must be {fault}, not {value!r}", key) from fault
    for key, each in known_fields.items():
        if _is_required(each) and not settings.get(key):
            raise fail(f'{key} is missing; add a line {key} = "..."', key)
    try:
        return kind(**settings)
    except ValueError as fault:
        raise fail(str(fault), re.split(r"[\s:]", str(fault), maxsplit=1)[0]) from fault


def _unknown_kind(wanted: tuple[Any, Any], kinds: tuple[type[Connection], ...]) -> tuple[str, str]:
    """What is wrong with a provider and kind that name no class, and which of the two keys is at fault."""
    provider, kind = wanted
    own = [each for each in kinds if provider == each.PROVIDER]
    if not own:
        providers = ", ".join(dict.fromkeys(f'"{each.PROVIDER}"' for each in kinds))
        return f"provider = {provider!r} is not known; expected one of {providers}", "provider"
    known = "; ".join(f'"{each.KIND}" ({each.MEANING})' for each in own)
    return f"kind = {kind!r} is none of provider {provider!r}; expected {known}", "kind"


def _from_folder(key: str, value: Any, folder: Path) -> Any:
    """The value with a relative path as one that starts at ``folder``."""
    if key in _PATHS and value:
        return os.path.normpath(folder / value)
    if key == "credentials" and value.startswith("file:") and value != "file:":
        return f"file:{os.path.normpath(folder / value.removeprefix('file:'))}"
    return value


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
