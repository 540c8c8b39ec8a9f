"""Connections written as the TOML that a person would write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from collectors.connections import Connection


def write_connections(folder: Path, connections: Sequence[Connection]) -> Path:
    """``connections.toml`` in a data directory."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "connections.toml"
    path.write_text("\n".join(_table(each) for each in connections), encoding="utf-8")
    return path


def _table(connection: Connection) -> str:
    lines = ["[[connection]]", f'provider = "{connection.PROVIDER}"', f'kind = "{connection.KIND}"']
    for field in fields(connection):
        value = getattr(connection, field.name)
        if value not in (None, "", (), {}):
            lines.append(f"{field.name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value)
