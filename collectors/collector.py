"""What a provider must be able to do to be collected from; the commit protocol in ``collectors.commit`` does the rest.

A provider never writes to the store. It says what is there (``discover``), brings it (``fetch``), says how its own
format becomes FOCUS (``dialect``), and tells totals that do not come from the same files (``independent_totals``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, Protocol, runtime_checkable

from collectors.connections.base import Connection
from collectors.errors import ProviderError
from collectors.focus.dialect import Dialect
from collectors.months import months_between
from collectors.readings import Reading, SignalReading
from collectors.store.raw import Origin

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def is_month(text: str) -> bool:
    """Whether a text names a month.

    >>> is_month("2025-01"), is_month("2025-1"), is_month("2025-13")
    (True, False, False)
    """
    return _MONTH.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectWindow:
    """Billing periods to look at, both ends included, as ``YYYY-MM``."""

    first_period: str
    last_period: str

    def __post_init__(self) -> None:
        for name in ("first_period", "last_period"):
            if not is_month(getattr(self, name)):
                raise ValueError(f"{name} {getattr(self, name)!r} is not a month such as 2025-01")
        if self.first_period > self.last_period:
            raise ValueError(f"the window ends in {self.last_period}, before it starts in {self.first_period}")

    @classmethod
    def ending_at(cls, now: datetime, *, months: int = 3) -> CollectWindow:
        """The month of ``now`` and those before it, ``months`` in all: vendors restate a month for weeks after it."""
        first = now.year * 12 + now.month - months
        return cls(first_period=f"{first // 12:04d}-{first % 12 + 1:02d}", last_period=f"{now:%Y-%m}")

    def periods(self) -> tuple[str, ...]:
        """Every month of the window, oldest first."""
        return tuple(months_between(self.first_period, self.last_period))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredPart:
    """One file, or one query's result, of a delivery.

    Attributes:
        name: its key, blob name or relation.
        tag: changes whenever its content does: ETag, generation, or counts and sums for a query.
        byte_count: size as the vendor states it, when it does.
        row_count: rows as the vendor states them, when it does.
    """

    name: str
    tag: str
    byte_count: int | None = None
    row_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The newest delivery of one billing period, as the vendor's own manifest (or a cheap query) states it.

    Attributes:
        period: ``YYYY-MM``.
        run_id: the vendor's name for the delivery; part of the fingerprint.
        parts: what it consists of; empty only when the vendor explicitly says that it holds no row.
        row_count: rows as the manifest states them, when it does.
        written_at: when the manifest was written, when known.
        native: whatever the provider's ``fetch`` needs again; no part of the fingerprint.
    """

    period: str
    run_id: str
    parts: tuple[DeliveredPart, ...]
    row_count: int | None = None
    written_at: datetime | None = None
    native: Any = field(default=None, repr=False, compare=False)


def origins_of(connection: Connection, delivery: Delivery, paths: Sequence[Path]) -> dict[Path, Origin]:
    """What people know fetched files by: vendor, month, export, and the part where each file holds one."""
    whole = f"{connection.PROVIDER} {delivery.period}, {connection.origin}"
    if len(paths) != len(delivery.parts):
        return {path: Origin(name=path.name, location=whole) for path in paths}
    return {
        path: Origin(name=PurePosixPath(part.name).name, location=f"{whole}, {part.name}")
        for path, part in zip(paths, delivery.parts, strict=True)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class IndependentTotal:
    """What the vendor says a period costs, asked by another way than the files.

    Attributes:
        costs: BilledCost by currency; exact decimals.
        final: whether the vendor calls it final (an invoice, or no longer estimated).
        origin: what was asked, in words, for instance ``Cost Explorer UnblendedCost`` or ``invoice E0400ABC``.
        basis: the FOCUS column that it must equal.
    """

    costs: Mapping[str, Decimal]
    final: bool
    origin: str
    basis: Literal["BilledCost", "EffectiveCost"] = "BilledCost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One permission that a connection needs.

    Attributes:
        permission: its name at the vendor, for instance ``s3:GetObject``.
        on: the resource it is needed on.
        purpose: what stops working without it: ``billing``, ``total``, ``usage``, ``prices`` or ``access``.
        statement: the smallest thing to add at the vendor that gives it: a policy statement, a role assignment, SQL.
    """

    permission: str
    on: str
    purpose: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantCheck:
    """Whether a grant is there: ``error`` is what came of trying it, None when it is.

    Only for ``AccessDenied`` is the grant what is missing; other errors are not mended by it.
    """

    grant: Grant
    error: ProviderError | None

    @property
    def fault(self) -> str | None:
        """The error's sentence."""
        return None if self.error is None else str(self.error)


class Collector(Protocol):
    """One connection, opened. Every method may raise ``ProviderError`` (see ``collectors.errors``)."""

    @property
    def connection(self) -> Connection:
        """What it was opened from."""

    @property
    def dialect(self) -> Dialect:
        """How its files become FOCUS."""

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery | ProviderError]:
        """The newest delivery of each period of the window that has one; a period without is not ready.

        A period whose own manifest is at fault maps to the error (``InvalidManifest``, ``TornDelivery``), so that the
        other periods go on.

        Only manifests (or cheap queries) are read, never a listing of data files. ``known`` are the marks that
        ``mark`` gave after earlier collections, by period, for sources that can ask what is new since then.

        Raises:
            NotFoundAtProvider: there is no such export, or it has delivered nothing yet.
            AccessDenied, CredentialsMissing, ProviderUnavailable: nothing could be asked.
        """

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """Bring all parts into ``folder`` and return the files.

        What is brought must be what was discovered: parts are asked for by their tag, byte counts are compared, and at
        the end the delivery must still be the newest.

        Raises:
            TornDelivery: it is not, or a part arrived cut off.
        """

    def mark(self, delivery: Delivery) -> str:
        """What ``discover`` is given back as ``known`` for this period next time; '' where it needs nothing."""

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """Totals by period, as far as the vendor tells them by another way than these files."""

    def readings(
        self, purpose: Literal["usage", "prices", "access"], window: CollectWindow
    ) -> Iterator[Reading | SignalReading]:
        """Usage, prices or access signals of the window, a table or a delivery at a time; none when none is configured.

        It is an iterator so that one large inventory after the other is stored, never all held at once.
        """

    def check_grants(self) -> tuple[GrantCheck, ...]:
        """Tries, without changing anything, every permission that the connection as configured needs.

        Credentials that are missing or refused, or a host that is not reached, end it: see ``grant_checks``.
        """

    def close(self) -> None:
        """Give back network connections."""


@runtime_checkable
class SeesOverlooked(Protocol):
    """A collector whose source may hold bills in places that it does not look at."""

    def overlooked(self) -> tuple[str, ...]:
        """A sentence for each such place, with what was expected.

        Raises:
            ProviderError: the source could not be asked.
        """
