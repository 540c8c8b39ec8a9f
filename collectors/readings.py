"""What is read besides bills: tables of usage, prices and commitments as a vendor states them at some moment.

Every table has one Arrow schema, whatever the vendor. Access signals have theirs in ``collectors.signals.records``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from collectors.signals.coverage import Coverage
from collectors.signals.records import AccessReading, StateReading

_MONEY: Final = pa.decimal128(38, 12)
_AT: Final = pa.timestamp("us", tz="UTC")


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])


# One row per SKU, tier and term; after the SKU Price dataset drafted for FOCUS 1.5.
# quantity_from (included) and quantity_to (excluded, null: without end) are in ``unit`` per month.
SKU_PRICE: Final = _schema(
    provider=pa.string(),
    service=pa.string(),
    sku_id=pa.string(),
    sku_price_id=pa.string(),
    region=pa.string(),
    description=pa.string(),
    unit=pa.string(),
    currency=pa.string(),
    quantity_from=_MONEY,
    quantity_to=_MONEY,
    unit_price=_MONEY,
    term=pa.string(),  # on_demand, spot, committed_1y, committed_3y
    is_contracted=pa.bool_(),  # the price of this customer's contract, not the public list
    effective_from=_AT,
    effective_to=_AT,
)

# A promise to pay that stands: savings plan, reservation, committed use, capacity.
COMMITMENT_STATE: Final = _schema(
    provider=pa.string(),
    commitment_id=pa.string(),
    kind=pa.string(),
    service=pa.string(),
    region=pa.string(),
    state=pa.string(),
    starts_at=_AT,
    ends_at=_AT,
    currency=pa.string(),
    hourly_commitment=_MONEY,
    upfront_payment=_MONEY,
    quantity=_MONEY,
    instance_type=pa.string(),
)

# What the vendor itself advises; shown beside ours, never mixed into it.
VENDOR_ADVICE: Final = _schema(
    provider=pa.string(),
    advice_id=pa.string(),
    account_id=pa.string(),
    region=pa.string(),
    resource_id=pa.string(),
    action=pa.string(),
    description=pa.string(),
    currency=pa.string(),
    estimated_monthly_saving=_MONEY,
    refreshed_at=_AT,
)

# How busy an engine was in one hour (warehouse, cluster, machine).
COMPUTE_LOAD: Final = _schema(
    provider=pa.string(),
    resource_id=pa.string(),
    hour_at=_AT,
    mean_running=_MONEY,
    mean_queued=_MONEY,
    credits=_MONEY,
    idle_credits=_MONEY,
)

# Accounts below the one that is billed.
ACCOUNT: Final = _schema(
    provider=pa.string(),
    account_id=pa.string(),
    name=pa.string(),
    parent_id=pa.string(),
    state=pa.string(),
)

# Observed data transfer between places, by day: preferred over what lineage would suggest.
TRANSFER: Final = _schema(
    provider=pa.string(),
    day=pa.date32(),
    resource_id=pa.string(),
    from_place=pa.string(),
    to_place=pa.string(),
    bytes=_MONEY,
)

READING_SCHEMAS: Final = {
    "sku_price": SKU_PRICE,
    "commitment_state": COMMITMENT_STATE,
    "vendor_advice": VENDOR_ADVICE,
    "compute_load": COMPUTE_LOAD,
    "account": ACCOUNT,
    "transfer": TRANSFER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows of one table as one provider stated them.

    Attributes:
        table: a key of ``READING_SCHEMAS``.
        unit: what the rows replace when it is read again: a day ``YYYY-MM-DD``, or ``current``.
        rows: in the table's schema.
        covers_from, covers_to: for what is observed over time, the half-open window, aware UTC, that was looked at
            completely: absence of a row inside it means that nothing happened.
        dropped: rows of the vendor's that could not be used, counted by reason.
    """

    table: str
    unit: str
    rows: pa.Table
    covers_from: datetime | None = None
    covers_to: datetime | None = None
    dropped: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        expected = READING_SCHEMAS.get(self.table)
        if expected is None:
            raise ValueError(f"no table {self.table!r}; expected one of {', '.join(READING_SCHEMAS)}")
        if not self.rows.schema.equals(expected):
            raise ValueError(f"reading of {self.table!r} has columns {self.rows.schema}; expected {expected}")
        if (self.covers_from is None) != (self.covers_to is None):
            raise ValueError(f"reading of {self.table!r} states one end of its coverage; state both or none")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalReading:
    """Access signals as one provider stated them, read by a reader of ``collectors.signals``.

    Attributes:
        kind: a kind of ``collectors.signals.kinds``, for instance ``s3_server_log``.
        reading: what the reader found, events of access or states of datasets; or a function that brings it, called
            only when the fingerprint is not known yet.
        fingerprint: hash of what was delivered (content hash of the log file, day and tag of the inventory), so that
            the same delivery is recognised.
        coverage: which times the delivery watched; None lets the store take the whole days from first to last event.
    """

    kind: str
    reading: AccessReading | StateReading | Callable[[], AccessReading | StateReading]
    fingerprint: str
    coverage: tuple[Coverage, ...] | None = None
