"""The call quota of Cost Management: 12 query units in 10 seconds, 60 in a minute, 600 in an hour, per tenant.

A query costs about one unit for each month of data that it looks at; the answer's header
``x-ms-ratelimit-microsoft.costmanagement-qpu-consumed`` says how many it really cost.
Source: https://learn.microsoft.com/azure/cost-management-billing/automate/get-small-usage-datasets-on-demand.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

WINDOWS: Final = ((10.0, 12), (60.0, 60), (3600.0, 600))
"""Length in seconds -> units that may be spent in it."""
CONSUMED_HEADER: Final = "x-ms-ratelimit-microsoft.costmanagement-qpu-consumed"
LONGEST_WAIT_SECONDS: Final = 120.0


@dataclass(slots=True)
class _Spending:
    at_seconds: float
    units: Decimal


class QueryQuota:
    """What one process may still ask of one tenant. Safe to share between threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` counts seconds and never goes back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: deque[_Spending] = deque()

    def wait_seconds(self, units: int) -> float:
        """How long until ``units`` may be spent in every window; 0 when now."""
        with self._lock:
            return self._wait(units)

    def take(self, units: int) -> Callable[[str | None], None]:
        """Count ``units`` as spent now; the function returned takes the value of ``CONSUMED_HEADER`` afterwards."""
        with self._lock:
            spending = _Spending(self._clock(), Decimal(units))
            self._spent.append(spending)

        def correct(consumed: str | None) -> None:
            try:
                stated = Decimal(consumed) if consumed else None
            except InvalidOperation:
                stated = None
            if stated is not None and stated.is_finite() and stated >= 0:
                with self._lock:
                    spending.units = stated

        return correct

    def _wait(self, units: int) -> float:
        now = self._clock()
        longest = WINDOWS[-1][0]
        while self._spent and self._spent[0].at_seconds <= now - longest:
            self._spent.popleft()
        return max(self._wait_for(window, limit, units, now) for window, limit in WINDOWS)

    def _wait_for(self, window_seconds: float, limit: int, units: int, now: float) -> float:
        """Until enough of what was spent in the window has left it; a single request larger than a limit may pass."""
        inside = [each for each in self._spent if each.at_seconds > now - window_seconds]
        excess = sum((each.units for each in inside), Decimal(0)) + min(units, limit) - limit
        for each in inside:
            if excess <= 0:
                break
            excess -= each.units
            if excess <= 0:
                return each.at_seconds + window_seconds - now
        return 0.0


_LOCK: Final = threading.Lock()
_BY_TENANT: Final[dict[str, QueryQuota]] = {}


def quota_of(tenant: str) -> QueryQuota:
    """The one quota of this process for a tenant: every connection to it shares the vendor's limit."""
    with _LOCK:
        return _BY_TENANT.setdefault(tenant, QueryQuota())
