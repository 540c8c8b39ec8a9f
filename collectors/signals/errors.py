"""Errors of the access signals.

CollectorError
└── SignalError
    ├── InvalidRecord          a line or row that states nothing usable (Terminal); readers keep it as a reject
    ├── InvalidUri             a text that names no dataset (Terminal); readers keep it as a reject
    ├── UnknownSignalKind      a kind of signal that this product does not read (Terminal)
    └── UnreadableSignals      a file that is no file of its kind (Terminal)
        └── OversizedSignals   too large when unpacked
"""

from __future__ import annotations

from pathlib import Path

from collectors.errors import CollectorError, Terminal


class SignalError(CollectorError):
    """An access signal that cannot be used."""


class InvalidRecord(SignalError, Terminal):
    """A line or row that states nothing usable; ``reason`` says what is wrong without repeating its values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidUri(InvalidRecord):
    """A text that names no dataset."""


class UnknownSignalKind(SignalError, Terminal):
    """A kind of signal that this product does not read."""

    def __init__(self, kind: str, *, known: tuple[str, ...]) -> None:
        super().__init__(f"signals of kind {kind!r} are not read; expected one of {', '.join(known)}")
        self.kind = kind


class UnreadableSignals(SignalError, Terminal):
    """A file that is no file of its kind; nothing of it was stored."""

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message if path is None else f"{path}: {message}")
        self.path = path


class OversizedSignals(UnreadableSignals):
    """Bytes that are too many when unpacked."""
