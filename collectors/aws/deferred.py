"""Reading one thing after the other: what one of them lacks does not keep the others from being read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from collectors.errors import CollectorError, CredentialsMissing, Transient

Item = TypeVar("Item")


def each_in_turn(readers: Iterable[Callable[[], Iterator[Item]]]) -> Iterator[Item]:
    """Everything that the readers yield; the first error of a reader is raised after the last of them.

    Raises:
        CollectorError: at once when it is about AWS as a whole (no credentials, no answer), else at the end.
    """
    first: CollectorError | None = None
    for reader in readers:
        try:
            yield from reader()
        except CollectorError as error:
            if isinstance(error, CredentialsMissing | Transient):
                raise
            first = first or error
    if first is not None:
        raise first
