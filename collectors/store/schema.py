"""The columns that the store holds: the 65 columns of Cost and Usage in FOCUS 1.4, as data.

Source: FinOps Open Cost and Usage Specification, versions 1.0 (2024-06) to 1.4 (2026-06), dataset Cost and Usage.
Costs, prices and quantities are DECIMAL(38, 12). Times are TIMESTAMP without zone and always UTC. JSON columns hold
JSON text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How strongly the specification asks for a column."""

    MANDATORY = "mandatory"
    CONDITIONAL = "conditional"
    RECOMMENDED = "recommended"


class Kind(StrEnum):
    """What a column's values are."""

    TEXT = "text"
    DECIMAL = "decimal"
    TIME = "time"
    JSON = "json"


DECIMAL_DIGITS: Final = 38
DECIMAL_PLACES: Final = 12
DECIMAL_SQL: Final = f"DECIMAL({DECIMAL_DIGITS}, {DECIMAL_PLACES})"
SQL_TYPES: Final = {Kind.TEXT: "VARCHAR", Kind.DECIMAL: DECIMAL_SQL, Kind.TIME: "TIMESTAMP", Kind.JSON: "VARCHAR"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of Cost and Usage 1.4.

    ``introduced`` is the first FOCUS version that has it; ``nullable`` is what 1.4 says about empty values.
    """

    name: str
    kind: Kind
    level: Level
    nullable: bool
    introduced: str

    @property
    def sql_type(self) -> str:
        """The DuckDB type of the stored column."""
        return SQL_TYPES[self.kind]


_LEVELS: Final = {"M": Level.MANDATORY, "C": Level.CONDITIONAL, "R": Level.RECOMMENDED}
_KINDS: Final = {"text": Kind.TEXT, "decimal": Kind.DECIMAL, "time": Kind.TIME, "json": Kind.JSON}

# name, level, nulls permitted, kind, first version
_TABLE: Final = """
AllocatedMethodDetails              R null     json    1.3
AllocatedMethodId                   C null     text    1.3
AllocatedResourceId                 C null     text    1.3
AllocatedResourceName               C null     text    1.3
AllocatedTags                       C null     json    1.3
AvailabilityZone                    R null     text    1.0
BilledCost                          M required decimal 1.0
BillingAccountId                    M required text    1.0
BillingAccountName                  M null     text    1.0
BillingAccountType                  C required text    1.2
BillingCurrency                     M required text    1.0
BillingPeriodEnd                    M required time    1.0
BillingPeriodStart                  M required time    1.0
CapacityReservationId               C null     text    1.1
CapacityReservationStatus           C null     text    1.1
ChargeCategory                      M required text    1.0
ChargeClass                         M null     text    1.0
ChargeDescription                   M null     text    1.0
ChargeFrequency                     R required text    1.0
ChargePeriodEnd                     M required time    1.0
ChargePeriodStart                   M required time    1.0
CommitmentDiscountCategory          C null     text    1.0
CommitmentDiscountId                C null     text    1.0
CommitmentDiscountName              C null     text    1.0
CommitmentDiscountQuantity          C null     decimal 1.1
CommitmentDiscountStatus            C null     text    1.0
CommitmentDiscountType              C null     text    1.0
CommitmentDiscountUnit              C null     text    1.1
CommitmentProgramEligibilityDetails C null     json    1.4
ConsumedQuantity                    C null     decimal 1.0
ConsumedUnit                        C null     text    1.0
ContractApplied                     C null     json    1.3
ContractedCost                      M required decimal 1.0
ContractedUnitPrice                 C null     decimal 1.0
EffectiveCost                       M required decimal 1.0
HostProviderName                    M null     text    1.3
InvoiceDetailId                     C null     text    1.4
InvoiceId                           C null     text    1.2
InvoiceIssuerName                   M required text    1.0
ListCost                            M required decimal 1.0
ListUnitPrice                       C null     decimal 1.0
PricingCategory                     C null     text    1.0
PricingCurrency                     C required text    1.2
PricingCurrencyContractedUnitPrice  C null     decimal 1.2
PricingCurrencyEffectiveCost        C required decimal 1.2
PricingCurrencyListUnitPrice        C null     decimal 1.2
PricingQuantity                     M null     decimal 1.0
PricingUnit                         M null     text    1.0
RegionId                            C null     text    1.0
RegionName                          C null     text    1.0
ResourceId                          C null     text    1.0
ResourceName                        C null     text    1.0
ResourceType                        C null     text    1.0
ServiceCategory                     M required text    1.0
ServiceName                         M required text    1.0
ServiceProviderName                 M required text    1.3
ServiceSubcategory                  R required text    1.1
SkuId                               C null     text    1.0
SkuMeter                            C null     text    1.1
SkuPriceDetails                     C null     json    1.1
SkuPriceId                          C null     text    1.0
SubAccountId                        C null     text    1.0
SubAccountName                      C null     text    1.0
SubAccountType                      C null     text    1.2
Tags                                C null     json    1.0
"""


def _column(line: str) -> Column:
    name, level, nulls, kind, introduced = line.split()
    return Column(name=name, kind=_KINDS[kind], level=_LEVELS[level], nullable=nulls == "null", introduced=introduced)


COLUMNS: Final = tuple(_column(line) for line in _TABLE.strip().splitlines())
COLUMN_BY_NAME: Final = {column.name: column for column in COLUMNS}

# Stored beside the 65: everything a file held that FOCUS 1.4 has no column for, as one JSON object per row.
X_COLUMNS: Final = "x_columns"
SOURCE: Final = "source"
PERIOD: Final = "billing_period"
