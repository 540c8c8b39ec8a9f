"""Errors of the collectors.

CollectorError
├── BillError                   a delivered file that cannot be stored (Terminal)
│   ├── InvalidFocusFile        a bill that cannot be read as FOCUS
│   ├── RowsDisagree            two readings of a bill, or its manifest, find different rows
│   └── TotalsDisagree          two readings of a bill find different money
├── InvalidConnections          a connections file with a mistake, by line (Terminal)
├── StoreError                  the ingest store cannot be read or written
│   ├── StoreBusy               another process is writing to the store (Transient)
│   └── StoreUnwritable         disk full, read-only folder, missing right (Terminal)
├── ProviderError               a vendor's service did not give what was asked
│   ├── ProviderUnavailable     throttled, timed out, server fault (Transient)
│   │   └── HostUnreachable     a host that nothing could be asked of (Transient)
│   ├── TornDelivery            a delivery is being rewritten while it is read (Transient)
│   ├── AccessDenied            a permission is missing (Terminal)
│   ├── NotFoundAtProvider      a bucket, export or object that is not there (Terminal)
│   ├── InvalidManifest         a manifest that cannot be read (Terminal)
│   ├── CredentialsMissing      credentials that are not where the connection says (Terminal)
│   └── ProviderPackageMissing  the vendor's SDK is an extra that is not installed (Terminal)
└── PriceBookError              the price book cannot be built or read

``Transient`` says: the same call may succeed later, so a scheduler may try again.
``Terminal`` says: nothing changes until a person changes something.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path


class Transient:
    """Marks an error after which the same call may succeed later."""


class Terminal:
    """Marks an error that stays until a person changes something."""


class CollectorError(Exception):
    """Root of every error raised by this package."""


class BillError(CollectorError, Terminal):
    """A delivered file that cannot be stored: ``path`` is what was read, ``location`` where it was delivered."""

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.location = str(path)

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"

    def locate(self, locations: Mapping[Path, str]) -> None:
        """Name delivered files instead of their copies, by path, in what a parser said of them as well."""
        self.location = locations.get(self.path, self.location)
        for path, location in locations.items():
            self.message = self.message.replace(str(path), location)


class InvalidFocusFile(BillError):
    """A bill that cannot be read as FOCUS; ``column`` is the column at fault when there is one."""

    def __init__(self, message: str, *, path: Path, column: str | None = None) -> None:
        super().__init__(message, path=path)
        self.column = column


class RowsDisagree(BillError):
    """A bill does not have the rows that a second reading or its manifest counts; nothing of it was stored."""

    def __init__(
        self, *, path: Path, expected_rows: int, found_rows: int, counted_by: str = "a second reading"
    ) -> None:
        super().__init__(
            f"{found_rows} rows were read, but {counted_by} counts {expected_rows}; nothing was stored; fetch or "
            "export it again, and report it when it stays so",
            path=path,
        )
        self.expected_rows = expected_rows
        self.found_rows = found_rows


class TotalsDisagree(BillError):
    """Two independent readings of one bill find different money; nothing of it was stored."""

    def __init__(self, *, path: Path, expected_cost: Decimal, found_cost: Decimal) -> None:
        super().__init__(
            f"the BilledCost of its rows sums to {found_cost} as stored and rejected, but to {expected_cost} when read "
            "a second time; nothing was stored; look for a quotation mark that is never closed, else report this file",
            path=path,
        )
        self.expected_cost = expected_cost
        self.found_cost = found_cost


class InvalidConnections(CollectorError, Terminal):
    """A connections file with a mistake; ``line`` counts from 1, ``field`` is the key at fault when there is one."""

    def __init__(self, message: str, *, path: Path, line: int, field: str | None = None) -> None:
        super().__init__(f"{path}, line {line}: {message}")
        self.path = path
        self.line = line
        self.field = field


class StoreError(CollectorError):
    """The ingest store in ``folder`` cannot be read or written."""

    def __init__(self, message: str, *, folder: Path) -> None:
        super().__init__(f"{folder}: {message}")
        self.folder = folder


class StoreBusy(StoreError, Transient):
    """Another process is writing to the store."""


class StoreUnwritable(StoreError, Terminal):
    """The store cannot be written: disk full, read-only folder, missing right. The last good state stays."""


class ProviderError(CollectorError):
    """A vendor's service did not give what was asked; ``vendor`` names it, ``location`` is the path asked for."""

    def __init__(self, message: str, *, vendor: str, location: str) -> None:
        super().__init__(message)
        self.vendor = vendor
        self.location = location


class ProviderUnavailable(ProviderError, Transient):
    """Throttled, timed out, or a fault of the vendor's server."""


class HostUnreachable(ProviderUnavailable):
    """A host that nothing could be asked of: no such name, listener, answer or trust; ``host`` is its address."""

    def __init__(self, message: str, *, vendor: str, location: str, host: str) -> None:
        super().__init__(message, vendor=vendor, location=location)
        self.host = host


class TornDelivery(ProviderError, Transient):
    """A delivery is being rewritten while it is read; nothing of it was stored."""


class AccessDenied(ProviderError, Terminal):
    """A permission is missing; ``permission`` is its name at the vendor."""

    def __init__(self, message: str, *, vendor: str, location: str, permission: str) -> None:
        super().__init__(message, vendor=vendor, location=location)
        self.permission = permission


class NotFoundAtProvider(ProviderError, Terminal):
    """A bucket, export or object that is not there."""


class InvalidManifest(ProviderError, Terminal):
    """A manifest that cannot be read as one."""


class CredentialsMissing(ProviderError, Terminal):
    """Credentials that are not where the connection says."""


class ProviderPackageMissing(ProviderError, Terminal):
    """The vendor's SDK is an optional dependency that is not installed."""


class PriceBookError(CollectorError):
    """The price book cannot be built or read."""
