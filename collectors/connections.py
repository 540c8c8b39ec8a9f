"""Connections: which bills to collect from where, from a TOML file that a person edits.

::

    [[connection]]
    name = "aws-payer"
    provider = "aws"
    kind = "focus_export"
    bucket = "acme-billing"
    prefix = "exports"                  # optional
    export = "focus-daily"
    region = "us-east-1"
    credentials = "env:BILLING_AWS"     # or "profile:NAME", "file:/path#profile", "default"; optional
    endpoint_url = "http://127.0.0.1:5000"   # optional
    source = "aws:acme"                 # optional

Secrets never stand in this file: ``credentials`` says where they are.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from collectors.errors import InvalidConnections

CREDENTIAL_SCHEMES: Final = ("env:", "file:", "profile:")
_REQUIRED: Final = ("name", "bucket", "export", "region")
_KINDS: Final = {("aws", "focus_export"): "the FOCUS export of AWS Data Exports in an S3 bucket"}
_PATTERNS: Final = {
    "name": (r"[a-z0-9][a-z0-9_-]{0,62}", "lower-case letters, digits, - and _"),
    "bucket": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket"),
    "export": (r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", "the name of the export as Data Exports shows it"),
    "region": (r"[a-z]{2}(-[a-z]+)+-\d+", "an AWS region such as us-east-1"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsFocusExport:
    """A FOCUS export of AWS Data Exports, delivered to ``s3://<bucket>/<prefix>/<export>/``.

    ``source`` is the name its rows are filed under. ``credentials`` refers to secrets; see ``aws.credentials``.
    An ``endpoint_url`` without TLS is accepted on the loopback interface alone.
    """

    name: str
    bucket: str
    export: str
    region: str
    prefix: str = ""
    credentials: str = "default"
    endpoint_url: str | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for field, (pattern, expected) in _PATTERNS.items():
            if re.fullmatch(pattern, getattr(self, field)) is None:
                raise ValueError(f"{field} = {getattr(self, field)!r} is not {expected}")
        if self.credentials != "default" and not self.credentials.startswith(CREDENTIAL_SCHEMES):
            raise ValueError(
                'credentials must be "default", "env:PREFIX", "profile:NAME" or "file:/path#profile"; a secret itself '
                "never stands in this file"
            )
        if self.endpoint_url is not None and not _is_safe_endpoint(self.endpoint_url):
            raise ValueError(
                f"endpoint_url = {self.endpoint_url!r} is not an https:// address; http:// is accepted on the loopback "
                "interface only"
            )
        object.__setattr__(self, "prefix", self.prefix.strip("/"))
        object.__setattr__(self, "source", self.source or f"aws:{self.export}")

    @property
    def base_key(self) -> str:
        """Key prefix of everything that the export writes, ending in a slash."""
        return f"{self.prefix}/{self.export}/" if self.prefix else f"{self.export}/"


Connection = AwsFocusExport


def read_connections(path: Path) -> tuple[Connection, ...]:
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
        connection = _connection(table, position, path, lines)
        if any(connection.name == other.name for other in connections):
            raise InvalidConnections(
                f"two connections are named {connection.name!r}; rename one",
                path=path,
                line=lines.of_key(position, "name"),
                field="name",
            )
        connections.append(connection)
    return tuple(connections)


def _connection(table: Mapping[str, Any], position: int, path: Path, lines: _Lines) -> Connection:
    def fail(message: str, key: str | None = None) -> InvalidConnections:
        line = lines.of_key(position, key) if key in table else lines.of_table(position)
        return InvalidConnections(message, path=path, line=line, field=key)

    kind = (table.get("provider"), table.get("kind"))
    if kind not in _KINDS:
        known = "; ".join(f'provider = "{p}", kind = "{k}": {meaning}' for (p, k), meaning in _KINDS.items())
        raise fail(f"no collector for provider {kind[0]!r}, kind {kind[1]!r}; known are {known}", "provider")
    settings = {key: value for key, value in table.items() if key not in ("provider", "kind")}
    known_keys = [field.name for field in fields(AwsFocusExport)]
    for key, value in settings.items():
        if key not in known_keys:
            raise fail(f"unknown key {key!r}; expected one of provider, kind, {', '.join(known_keys)}", key)
        if not isinstance(value, str):
            raise fail(f"{key} must be text in quotes, not {value!r}", key)
    for key in _REQUIRED:
        if not settings.get(key):
            raise fail(f'{key} is missing; add a line {key} = "..."', key)
    try:
        return AwsFocusExport(**settings)
    except ValueError as fault:
        raise fail(str(fault), str(fault).split(maxsplit=1)[0]) from fault


def _is_safe_endpoint(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"


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
        pattern = re.compile(rf"\s*\[*\s*[\"']?{re.escape(str(key))}[\"']?\s*[=\]]")
        for number in range(start, end):
            if pattern.match(self._lines[number]):
                return number + 1
        return max(start, 1)
