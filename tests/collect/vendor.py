"""What a contract test needs of a vendor: a way to make it deliver, misbehave, and state its total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from collectors.collector import Collector

Fault = Literal[
    "throttled",  # 429 (or the vendor's own code for it), with each of its headers in turn
    "server_error",  # 503
    "cut_body",  # the connection ends in the middle of a data file or result
    "expired_token",
    "denied",
    "torn",  # data files of a new run are there, its manifest is not
    "truncated_file",  # a gzip or Parquet file whose second half is missing, delivered as if whole
    "gzip_bomb",
    "unreadable_manifest",
    "duplicate_manifest",  # the same run told twice, one of them older or in other letters
    "foreign_next_link",  # a next page on another host
    "clock_skew",  # the vendor's clock is an hour ahead of ours
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledRow:
    """One charge, as the test wants it billed. ``cost`` has at most nine decimals and may be negative."""

    cost: Decimal
    currency: str = "USD"
    category: Literal["Usage", "Tax", "Credit", "Purchase"] = "Usage"
    thing: str = "lake"
    day: int = 2
    extra: Mapping[str, str] | None = None  # columns that the schema of the delivery before did not have


class Vendor(Protocol):
    """One vendor's peer with one billing export on it that no other test uses."""

    name: str
    faults: frozenset[Fault]
    """Those that can befall this vendor. Why another cannot is said in ``WAIVED`` of its module, with the reason."""
    currencies: int
    """How many currencies one bill may have: 1 or more."""
    shows_empty: bool
    """Whether the vendor can say explicitly that a period holds no row."""

    def open(self) -> Collector:
        """A new collector, as a new process would open it."""

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """A whole new delivery of the month in place of the one before; native rows cost exactly what ``rows`` say."""

    def deliver_empty(self, period: str, *, run: str) -> None:
        """A whole delivery that says that it holds no row."""

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Make ``fault`` befall the next collection; ``variant`` picks among several forms (each throttle header)."""

    def mend(self) -> None:
        """End every fault; a torn delivery becomes whole."""

    def state_total(self, period: str, costs: Mapping[str, Decimal], *, final: bool) -> None:
        """What the vendor's independent total says from now on."""
