"""Bills from a folder of FOCUS files."""

from __future__ import annotations

import errno
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from collectors.collector import CollectWindow, Delivery, Grant, GrantCheck, IndependentTotal
from collectors.connections.focus_files import FocusFolder
from collectors.errors import AccessDenied, NotFoundAtProvider, ProviderError, ProviderUnavailable, TornDelivery
from collectors.focus.dialect import FOCUS, Dialect
from collectors.focus_files.discover import VENDOR, absent, look_at_month, mark_of, tag_of
from collectors.focus_files.overlooked import holds_months, overlooked_bills
from collectors.focus_files.totals import read_invoice
from collectors.readings import Reading

_PERMISSION = "read"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusFolderCollector:
    """A ``collectors.collector.Collector`` of a folder. Whatever is in it is FOCUS already.

    ``now`` tells the time, aware. Marks that it was told once are kept: a month that is looked at again after it was
    torn must not lose files either.
    """

    connection: FocusFolder
    now: Callable[[], datetime] = _now
    _marks: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def dialect(self) -> Dialect:
        """FOCUS itself."""
        return FOCUS

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery | ProviderError]:
        """What lies in the folders of the window's months; a month without folder, manifest and file is absent.

        A month without manifest is torn while it changes, and at fault when files of ``known`` are gone from it.

        Raises:
            NotFoundAtProvider: the folder itself is not there.
            AccessDenied: it, or a month's, cannot be read.
        """
        root = Path(self.connection.path)
        if not root.is_dir():
            raise absent(root)
        self._marks.update(known)
        found: dict[str, Delivery | ProviderError] = {}
        for period in window.periods():
            folder = root / period
            if folder.is_dir():
                delivery = self._look_at(folder, period)
                if delivery is not None:
                    found[period] = delivery
        return found

    def _look_at(self, folder: Path, period: str) -> Delivery | ProviderError | None:
        try:
            with _folder_faults(folder):
                return look_at_month(folder, period, now=self.now(), mark=self._marks.get(period, ""))
        except TornDelivery as fault:  # a file went between two looks; other months go on
            return fault

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """Copies of the files, which must be unchanged before and after.

        Raises:
            TornDelivery: a file, or what belongs to the month, changed since it was discovered.
        """
        month: Path = delivery.native
        paths = tuple(folder / f"{number:05d}-{Path(part.name).name}" for number, part in enumerate(delivery.parts))
        with _folder_faults(month):
            for part, path in zip(delivery.parts, paths, strict=True):
                shutil.copyfile(month / part.name, path)
                if path.stat().st_size != part.byte_count or tag_of(month / part.name) != part.tag:
                    raise _changed(month / part.name)
            if look_at_month(month, delivery.period, now=self.now()) != delivery:
                raise _changed(month)
        return paths

    def mark(self, delivery: Delivery) -> str:
        """Names and sizes of its files, so that next time it shows when some are gone."""
        return mark_of(delivery)

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """The invoices that lie beside the files, see ``collectors.focus_files.totals``.

        Raises:
            InvalidManifest: an invoice cannot be read.
        """
        totals: dict[str, IndependentTotal] = {}
        for period in periods:
            folder = Path(self.connection.path) / period
            with _folder_faults(folder):
                total = read_invoice(folder)
            if total is not None:
                totals[period] = total
        return totals

    def readings(self, purpose: Literal["usage", "prices", "access"], window: CollectWindow) -> Iterator[Reading]:
        """None: the folder holds bills alone."""
        return iter(())

    def overlooked(self) -> tuple[str, ...]:
        """Bills beside the months' folders, in folders named like no month, or in folders within a month.

        Raises:
            AccessDenied, ProviderUnavailable: the folder cannot be read.
        """
        root = Path(self.connection.path)
        with _folder_faults(root):
            return overlooked_bills(root, now=self.now())

    def check_grants(self) -> tuple[GrantCheck, ...]:
        """Lists the folder and those of the months in it; bills that lie there but in no month's folder are a fault."""
        root = Path(self.connection.path)
        grant = Grant(
            permission=_PERMISSION,
            on=str(root),
            purpose="billing",
            statement=f"chmod -R u+rX {shlex.quote(str(root))} (run by its owner for the user that collects)",
        )
        try:
            if not root.is_dir():
                raise absent(root)
            with _folder_faults(root):
                for each in root.iterdir():
                    if each.is_dir():
                        next(each.iterdir(), None)
                misplaced = () if holds_months(root) else overlooked_bills(root, now=self.now())
        except ProviderError as fault:
            return (GrantCheck(grant=grant, error=fault),)
        readable = GrantCheck(grant=grant, error=None)
        return (readable, _without_months(grant, root, misplaced, self.now())) if misplaced else (readable,)

    def close(self) -> None:
        """Nothing is held open."""


def _without_months(grant: Grant, root: Path, misplaced: Sequence[str], now: datetime) -> GrantCheck:
    command = f"mkdir -p {shlex.quote(str(root / f'{now:%Y-%m}'))}"
    message = f"{'; '.join(misplaced)}; make a folder for each month ({command}) and move its bills there"
    return GrantCheck(grant=grant, error=NotFoundAtProvider(message, vendor=VENDOR, location=str(root)))


@contextmanager
def _folder_faults(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as fault:
        raise _changed(Path(fault.filename or folder)) from fault
    except PermissionError as fault:
        raise AccessDenied(
            f"the FOCUS folder's {fault.filename or folder} cannot be read; give the user that collects the right to "
            f"{_PERMISSION} it",
            vendor=VENDOR,
            location=str(fault.filename or folder),
            permission=_PERMISSION,
        ) from fault
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):  # of the place that is copied to
            raise
        raise ProviderUnavailable(
            f"the FOCUS folder {folder} cannot be read ({fault.strerror}); check that it is mounted, then try again",
            vendor=VENDOR,
            location=str(folder),
        ) from fault


def _changed(path: Path) -> TornDelivery:
    return TornDelivery(
        f"the FOCUS folder's {path} changed while it was read; nothing of its month was stored; try again",
        vendor=VENDOR,
        location=str(path),
    )
