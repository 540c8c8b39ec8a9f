"""Reads TOML that people write by hand: every complaint names the file, the line and the key, and all come at once.

Ask a :class:`LocatedTable` for what it must hold; an answer that is missing or of the wrong kind is written down as a
:class:`TomlProblem` and a stand-in is returned, so that reading goes on. When everything has been asked,
:meth:`LocatedToml.raise_problems` raises if anything was written down.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from optimizer.domain.toml_lines import Path, lines_of
from optimizer.errors import OptimizerError

_POSITION: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TomlProblem:
    """One mistake: where it stands (``line`` from 1), what was expected there, what to do about it."""

    file: str
    line: int
    key: str
    expected: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.key}: expected {self.expected}; {self.fix}"


class InvalidTomlFile(OptimizerError):
    """A file with mistakes; ``problems`` holds all of them in the order of the lines."""

    def __init__(self, problems: Iterable[TomlProblem]) -> None:
        self.problems: tuple[TomlProblem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedToml:
    """A whole file: its root table, the problems found so far (shared by all its tables), and the error they make."""

    file: str
    root: LocatedTable
    problems: list[TomlProblem]
    error: type[InvalidTomlFile]

    def raise_problems(self) -> None:
        """Raises ``error`` with every problem when there is one."""
        if self.problems:
            raise self.error(self.problems)


def locate_toml(text: str, *, file: str, error: type[InvalidTomlFile] = InvalidTomlFile) -> LocatedToml:
    """The tables of ``text`` with the line of every key.

    Raises:
        InvalidTomlFile: (``error``) the text is not TOML; one problem, at the place where reading stopped.
    """
    normal_text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        values = tomllib.loads(normal_text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as refusal:
        raise error([_syntax_problem(str(refusal), normal_text, file)]) from refusal
    problems: list[TomlProblem] = []
    root = LocatedTable(file=file, path=(), values=values, lines=lines_of(normal_text), problems=problems)
    return LocatedToml(file=file, root=root, problems=problems, error=error)


def near_matches(name: str, known: Iterable[str], *, fallback: str) -> str:
    """A suggestion to put after a complaint: the known names that look like ``name``, else ``fallback``.

    >>> near_matches("us-est-1", ["us-east-1", "us-west-2"], fallback="see the list")
    "did you mean 'us-east-1' or 'us-west-2'?"
    """
    near = get_close_matches(name, sorted(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(repr(match) for match in near)}?" if near else fallback


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedTable:
    """One table of the file. A key that was never asked for is unknown (:meth:`reject_unknown_keys`)."""

    file: str
    path: Path
    values: dict[str, Any]
    lines: dict[Path, int]
    problems: list[TomlProblem]
    _asked: dict[str, None] = field(default_factory=dict, init=False, repr=False)

    def line_of(self, *steps: str | int) -> int:
        """Line of a key of this table, or of an item under it; the nearest enclosing line when it has none."""
        path = (*self.path, *steps)
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def report(self, *steps: str | int, expected: str, fix: str) -> None:
        """Writes down a problem at a key (or an item of it); no step: at the table itself."""
        key = ".".join(str(step) for step in (*self.path, *steps) if isinstance(step, str)) or "the file"
        found = TomlProblem(file=self.file, line=self.line_of(*steps), key=key, expected=expected, fix=fix)
        self.problems.append(found)

    def has(self, key: str) -> bool:
        """Whether the key stands in the table."""
        self._asked[key] = None
        return key in self.values

    def require_str(self, key: str) -> str:
        """Text that must be there and not empty."""
        self._require(key, "text in quotes")
        return self.optional_str(key, default="")

    def optional_str(self, key: str, *, default: str) -> str:
        """Text that is not empty when it is there."""
        if not self.has(key):
            return default
        value = self.values[key]
        if not isinstance(value, str) or not value.strip():
            self.report(key, expected="text in quotes, not empty", fix=f"found {_shown(value)}")
            return default
        return value

    def optional_choice(self, key: str, choices: Sequence[str], *, default: str) -> str:
        """One of a few words."""
        value = self.optional_str(key, default=default)
        if value not in choices:
            self.report(key, expected=f"one of {', '.join(choices)}", fix=_instead(value, choices))
        return value

    def optional_strings(self, key: str, choices: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of texts, each once, each one of ``choices`` where these are given; () when the key is absent."""
        if not self.has(key):
            return ()
        value = self.values[key]
        if not isinstance(value, list) or not value:
            self.report(
                key, expected='a list of texts with at least one, like ["a", "b"]', fix=f"found {_shown(value)}"
            )
            return ()
        known = None if choices is None else frozenset(choices)
        for position, item in enumerate(value):
            if not isinstance(item, str) or not item.strip():
                self.report(key, position, expected="text in quotes, not empty", fix=f"found {_shown(item)}")
            elif item in value[:position]:
                self.report(key, position, expected="every item once", fix=f"remove the second {item!r}")
            elif known is not None and item not in known:
                self.report(key, position, expected=_known_names(key, known), fix=_instead(item, known))
        return tuple(item for item in value if isinstance(item, str))

    def optional_decimal(
        self, key: str, *, default: Decimal | None, minimum: Decimal = Decimal(0), maximum: Decimal | None = None
    ) -> Decimal | None:
        """A finite number from ``minimum`` to ``maximum``, exactly as written."""
        if not self.has(key):
            return default
        value = self.values[key]
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()
        if not is_number or value < minimum or (maximum is not None and value > maximum):
            top = "" if maximum is None else f" and at most {maximum}"
            self.report(key, expected=f"a number of at least {minimum}{top}", fix=f"found {_shown(value)}")
            return default
        return Decimal(value)

    def require_decimal(self, key: str, *, minimum: Decimal = Decimal(0), maximum: Decimal | None = None) -> Decimal:
        """A number that must be there."""
        self._require(key, "a number")
        found = self.optional_decimal(key, default=minimum, minimum=minimum, maximum=maximum)
        return minimum if found is None else found

    def optional_integer(self, key: str, *, default: int | None, minimum: int = 0) -> int | None:
        """A whole number of at least ``minimum``."""
        if not self.has(key):
            return default
        value = self.values[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            self.report(key, expected=f"a whole number of at least {minimum}", fix=f"found {_shown(value)}")
            return default
        return value

    def table(self, key: str) -> LocatedTable:
        """The table under ``key``; an empty one when it is absent."""
        value = self.values.get(key, {}) if self.has(key) else {}
        if not isinstance(value, dict):
            self.report(key, expected=f"a table, written [{key}]", fix=f"found {_shown(value)}")
            value = {}
        return self._inner((*self.path, key), value)

    def tables(self, key: str) -> tuple[LocatedTable, ...]:
        """The tables of a list written ``[[key]]``; () when it is absent."""
        value = self.values.get(key, []) if self.has(key) else []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.report(key, expected=f"tables, each written [[{key}]]", fix=f"found {_shown(value)}")
            return ()
        return tuple(self._inner((*self.path, key, position), item) for position, item in enumerate(value))

    def reject_unknown_keys(self) -> None:
        """Writes down every key that was never asked for; call it last."""
        for key in self.values:
            if key not in self._asked:
                known = f"one of the keys {', '.join(sorted(self._asked))}"
                self.report(key, expected=known, fix=near_matches(key, self._asked, fallback="remove this key"))

    def _require(self, key: str, expected: str) -> None:
        if not self.has(key):
            name = str(self.path[0]) if self.path else "the file"
            found = TomlProblem(
                file=self.file, line=self.line_of(), key=f"{name}.{key}", expected=expected, fix=f"add {key} = ..."
            )
            self.problems.append(found)

    def _inner(self, path: Path, values: dict[str, Any]) -> LocatedTable:
        return LocatedTable(file=self.file, path=path, values=values, lines=self.lines, problems=self.problems)


def _syntax_problem(message: str, text: str, file: str) -> TomlProblem:
    position = _POSITION.search(message)
    line = int(position.group(1)) if position and position.group(1) else text.count("\n") + 1
    said = _POSITION.sub("", message)
    return TomlProblem(file=file, line=line, key="syntax", expected="valid TOML", fix=f"{said}; correct this line")


def _known_names(key: str, known: frozenset[str]) -> str:
    return f"one of {', '.join(sorted(known))}" if len(known) <= 12 else f"a known name for {key}"


def _instead(value: str, known: Iterable[str]) -> str:
    return f"{value!r} is unknown: {near_matches(value, known, fallback='check the spelling')}"


def _shown(value: object) -> str:
    return f"the text {value!r}" if isinstance(value, str) else f"{value}"
