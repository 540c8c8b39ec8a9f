"""Values of lines and rows: texts, numbers and times out of whatever a vendor's client hands over."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from collectors.signals.errors import InvalidRecord
from collectors.signals.records import (
    LARGEST_COUNT,
    AccessEvent,
    AccessReading,
    DatasetState,
    Reject,
    StateReading,
    utc,
)

Row = Mapping[str, object]
Source = TypeVar("Source")
Found = TypeVar("Found")
LONGEST_KEPT_TEXT: Final = 16_384
_LARGEST_TEXT_NUMBER: Final = 40
_SIGNED: Final = re.compile(
    r"((?:X-Amz|X-Goog)-(?:Signature|Security-Token|Credential)|AWSAccessKeyId|GoogleAccessId|Signature|\bsig)"
    r"=[^&\s\"\\]+",
    re.IGNORECASE,
)
"""Credentials in signed addresses, which logs of requests repeat."""


class NotCounted(Exception):
    """A sound row that is no access or state of its own; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def member(row: object, *names: str) -> object:
    """The value at a path of names in nested mappings; None where any step is missing."""
    for name in names:
        if not isinstance(row, Mapping):
            return None
        row = row.get(name)
    return row


def text_of(value: object) -> str:
    """A text as it can be stored: '' for nothing, lone surrogates replaced."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float | Decimal) else ""
    return text.encode("utf-8", "replace").decode("utf-8")


def needed_text(value: object, what: str) -> str:
    """A text that must be there.

    Raises:
        InvalidRecord: it is not.
    """
    text = text_of(value).strip()
    if not text:
        raise InvalidRecord(f"no {what}")
    return text


def count_of(value: object, what: str) -> int | None:
    """A whole number of at least 0 from a number or its text; None for nothing, '' and '-'.

    Raises:
        InvalidRecord: it is something else.
    """
    if value is None or value in ("", "-"):
        return None
    try:
        if isinstance(value, bool) or len(text_of(value)) > _LARGEST_TEXT_NUMBER:
            raise InvalidOperation
        number = Decimal(text_of(value).strip())
        whole = int(number) if number.is_finite() and abs(number) <= LARGEST_COUNT else -1
    except InvalidOperation:
        whole = -1
    if whole < 0:
        raise InvalidRecord(f"{what} is no whole number from 0 to {LARGEST_COUNT}")
    return whole


def moment_of(value: object, what: str) -> datetime:
    """A moment from a datetime or an ISO 8601 text; without a zone it is UTC.

    Raises:
        InvalidRecord: it is something else.
    """
    try:
        if isinstance(value, datetime):
            return utc(value)
        if isinstance(value, str):
            return utc(datetime.fromisoformat(_at_most_micros(value.strip())))
    except (ValueError, OverflowError):
        pass
    raise InvalidRecord(f"{what} is no time such as 2026-01-31T12:00:00Z")


def optional_moment(value: object, what: str) -> datetime | None:
    """``moment_of``, or None for nothing."""
    return None if value is None or value == "" else moment_of(value, what)


def day_of(value: object, what: str) -> date:
    """A day from a date, a moment or an ISO text of either.

    Raises:
        InvalidRecord: it is something else.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return moment_of(value, what).date()


def lowered(row: Row) -> dict[str, object]:
    """A row with its column names in lower case: clients of one vendor differ in their case."""
    return {str(name).lower(): value for name, value in row.items()}


def list_of(value: object, what: str) -> Sequence[object]:
    """A list, or the JSON text of one; nothing is an empty list.

    Raises:
        InvalidRecord: it is something else.
    """
    if isinstance(value, str) and value.strip():
        value = decoded(value, what)
    if value is None or value == "":
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return value
    raise InvalidRecord(f"{what} is no list")


def decoded(text: str | bytes, what: str) -> object:
    """The value of a JSON text.

    Raises:
        InvalidRecord: it is not JSON, or nested too deep to be a record.
    """
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRecord(f"{what} is not JSON") from None
    return value


def lines_of(text: str) -> Iterator[str]:
    """Lines that end with a line feed, and no others: texts may hold any other character that breaks lines."""
    return (line.removesuffix("\r") for line in text.split("\n"))


def json_rows(lines: Iterable[str]) -> Iterator[object]:
    """One value a line; a line that is not JSON comes as the text itself, which no reader takes for a row."""
    for line in lines:
        if not line.strip():
            continue
        try:
            yield decoded(line, "the line")
        except InvalidRecord:
            yield line


def shares(total: int | None, count: int) -> list[int | None]:
    """``total`` in ``count`` whole parts that differ by at most one and add up to it.

    >>> shares(10, 3), shares(None, 2)
    ([4, 3, 3], [None, None])
    """
    if total is None:
        return [None] * count
    return [total // count + (1 if position < total % count else 0) for position in range(count)]


def read_access(rows: Iterable[Source], convert: Callable[[Source], Iterable[AccessEvent]]) -> AccessReading:
    """Every row through ``convert``; what it refuses is kept with the reason, what it does not count is counted."""
    events, rejects, skipped = _read(rows, convert)
    return AccessReading(events=events, rejects=rejects, skipped=skipped)


def read_states(rows: Iterable[Source], convert: Callable[[Source], Iterable[DatasetState]]) -> StateReading:
    """``read_access`` for states; states of one dataset, day and class are added up."""
    states, rejects, skipped = _read(rows, convert)
    return StateReading(states=_summed(states), rejects=rejects, skipped=skipped)


def mapping_of(row: object) -> Row:
    """A row that must be a mapping.

    Raises:
        InvalidRecord: it is not.
    """
    if not isinstance(row, Mapping):
        raise InvalidRecord("not a JSON object")
    return row


def _read(
    rows: Iterable[Source], convert: Callable[[Source], Iterable[Found]]
) -> tuple[tuple[Found, ...], tuple[Reject, ...], dict[str, int]]:
    found: list[Found] = []
    rejects: list[Reject] = []
    skipped: Counter[str] = Counter()
    for number, row in enumerate(rows, start=1):
        try:
            found.extend(convert(row))
        except NotCounted as why:
            skipped[why.reason] += 1
        except InvalidRecord as fault:
            rejects.append(Reject(row_number=number, reason=fault.reason, text=_kept(row)))
    return tuple(found), tuple(rejects), dict(skipped)


def _kept(row: object) -> str:
    text = row if isinstance(row, str) else json.dumps(row, default=str, ensure_ascii=True)
    return _SIGNED.sub(r"\1=(left out)", text_of(text[:LONGEST_KEPT_TEXT]))


def _summed(states: Iterable[DatasetState]) -> tuple[DatasetState, ...]:
    sums: dict[tuple[date, str, str], DatasetState] = {}
    for state in states:
        key = (state.day_on, state.dataset_uri, state.storage_class)
        before = sums.get(key)
        sums[key] = state if before is None else _sum(before, state)
    return tuple(sums.values())


def _sum(one: DatasetState, other: DatasetState) -> DatasetState:
    counts = [state.object_count for state in (one, other) if state.object_count is not None]
    return DatasetState(
        day_on=one.day_on,
        dataset_uri=one.dataset_uri,
        provider=one.provider,
        region=one.region or other.region,
        storage_class=one.storage_class,
        stored_bytes=one.stored_bytes + other.stored_bytes,
        object_count=sum(counts) if counts else None,
        last_modified_at=_later(one.last_modified_at, other.last_modified_at),
        last_access_at=_later(one.last_access_at, other.last_access_at),
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def _at_most_micros(text: str) -> str:
    """An ISO text whose fraction of a second has at most six digits; some vendors write seven or nine."""
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}{dot}{tail[: min(digits, 6)]}{tail[digits:]}"
