"""On which line every key and every array item of a TOML text stands.

``tomllib`` gives values without positions. This scan gives positions without values: it reads text that ``tomllib`` has
already accepted, so it only needs to know where things begin and end.
"""

from __future__ import annotations

import re
from typing import Final

Path = tuple[str | int, ...]
"""Keys and array positions from the root, for instance ``("residency", 0, "allow_jurisdictions", 2)``."""

_BLANK: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2}(?!"))|\'\'\'.*?\'\'\'(?:\'{0,2}(?!\'))|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL
)
_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def lines_of(text: str) -> dict[Path, int]:
    """Line number, from 1, of every key, table header and array item in valid TOML with ``\\n`` line ends.

    A table named by several headers has the line of the first.

    >>> lines_of('[a]\\nb = [1,\\n  2]\\n')[("a", "b", 1)]
    3
    """
    return _Scan(text).document()


class _Scan:
    """A cursor over the text and what it has passed so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Path, int] = {(): 1}
        self._array_lengths: dict[Path, int] = {}

    def document(self) -> dict[Path, int]:
        """Reads headers and key-value lines to the end."""
        table: Path = ()
        self._skip_blank()
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._key_value(table)
            self._skip_blank()
        return self._lines

    def _header(self) -> Path:
        line = self._line()
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._at = self._text.index("]", self._at) + (2 if is_array else 1)
        path: Path = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            self._lines.setdefault(path, line)
            if is_array and depth == len(keys) - 1:
                self._array_lengths[path] = self._array_lengths.get(path, 0) + 1
            if path in self._array_lengths:
                path = (*path, self._array_lengths[path] - 1)
                self._lines.setdefault(path, line)
        return path

    def _key_value(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self._lines.setdefault(path, line)
        self._at = self._text.index("=", self._at) + 1
        self._value(path)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip_blank()
            quoted = _STRING.match(self._text, self._at)
            found = quoted or _BARE_KEY.match(self._text, self._at)
            if found is None:
                raise ValueError(f"line {self._line()}: expected a key; the text was not accepted as TOML first")
            keys.append(_unquoted(found.group()) if quoted else found.group())
            self._at = found.end()
            self._skip_blank()
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, path: Path) -> None:
        self._skip_blank()
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._items(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            pattern = _STRING if opening in ('"', "'") else _SCALAR
            found = pattern.match(self._text, self._at)
            self._at = found.end() if found else self._at + 1

    def _items(self, path: Path) -> None:
        self._at += 1
        self._skip_blank()
        position = 0
        while not self._text.startswith("]", self._at):
            self._lines[(*path, position)] = self._line()
            self._value((*path, position))
            position += 1
            self._skip_separator()
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        self._skip_blank()
        while not self._text.startswith("}", self._at):
            self._key_value(path)
            self._skip_separator()
        self._at += 1

    def _skip_separator(self) -> None:
        self._skip_blank()
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip_blank()

    def _skip_blank(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1


def _unquoted(key: str) -> str:
    """The key that a quoted key means."""
    if key.startswith("'"):
        return key[1:-1]

    def meant(escape: re.Match[str]) -> str:
        code = escape.group(1)
        return chr(int(code[1:], 16)) if code[0] in "uU" else _ESCAPES[code]

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", meant, key[1:-1])
