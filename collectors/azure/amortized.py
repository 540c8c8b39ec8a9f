"""The amortised export (``AmortizedCost``) as FOCUS 1.4, in both its spellings: Enterprise and Customer Agreement.

============================  =====================================================================================
FOCUS 1.4                     native (either spelling, letter case does not matter)
============================  =====================================================================================
EffectiveCost                 CostInBillingCurrency, else Cost
BilledCost                    the same, except 0 on usage that a reservation or savings plan covers and on its
                              unused part: the actual-cost dataset bills those rows at 0 too, for the benefit is
                              billed by its purchase, which the amortised export leaves out. Nothing is invented:
                              the file's BilledCost is less than the invoice by those purchases, which is why the
                              independent total of this export is of EffectiveCost.
ContractedCost                CostInBillingCurrency where no benefit applies; else empty, for it is not told
ListCost                      PaygCostInBillingCurrency; empty under Enterprise Agreements, which do not tell it
BillingCurrency               BillingCurrency, else BillingCurrencyCode
BillingPeriodStart, -End      BillingPeriodStartDate; the day after BillingPeriodEndDate, whose day is included
ChargePeriodStart, -End       Date; the day after
BillingAccountId, -Name       as the FOCUS export of the same account has them: the resource id of the account, and
                              under a Customer Agreement (whose account ids have a colon) of the billing profile,
                              BillingProfileId; its name. Told by the file alone, so that it comes out alike when the
                              file is translated again later. Letters stay as delivered.
SubAccountId, -Name           ``/subscriptions/`` + SubscriptionId (or SubscriptionGuid); SubscriptionName
ChargeCategory                ChargeType: Usage, UnusedReservation, UnusedSavingsPlan -> Usage; Purchase; Tax; Credit;
                              anything else (Refund, RoundingAdjustment, ...) -> Adjustment
ChargeClass                   ``Correction`` for Refund
ChargeDescription             ProductName, else Product
ChargeFrequency               Frequency: OneTime, Recurring, UsageBased
CommitmentDiscountId, -Name   BenefitId, else ReservationId; BenefitName, else ReservationName
CommitmentDiscountCategory    Usage for reservations, Spend for savings plans
CommitmentDiscountStatus      Unused for ChargeType Unused..., else Used
PricingCategory               PricingModel: OnDemand -> Standard, Spot -> Dynamic, Reservation, SavingsPlan -> Committed
ServiceName                   MeterCategory; ``Azure Marketplace`` where PublisherType is Marketplace
ServiceCategory               ServiceFamily, by ``_CATEGORIES``
SkuMeter, SkuId               MeterName; ProductId, else MeterId
ResourceId, -Name, -Type      ResourceId, else InstanceId; ResourceName; ConsumedService
RegionId, -Name               ResourceLocation as Resource Manager spells regions; as it stands
ConsumedQuantity, -Unit       Quantity, UnitOfMeasure
PricingQuantity, -Unit        Quantity, UnitOfMeasure
PricingCurrency               PricingCurrency
Tags                          Tags, in braces where Azure leaves them out
InvoiceId, InvoiceIssuerName  InvoiceId; ``Microsoft``
any other column              ``x_<name>``; also ChargeType, PricingModel, Frequency, ServiceFamily, BillingAccountId,
                              BillingAccountName, BillingProfileId and BillingProfileName
============================  =====================================================================================

Source: https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields
and, for the account, https://learn.microsoft.com/cloud-computing/finops/focus/convert.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from collectors.azure.native_file import NativeFile, open_native, unmapped_columns, write_translation
from collectors.azure.regions import REGION_SPELLINGS
from collectors.focus.dialect import NativeReading
from collectors.focus.totals import sum_of
from collectors.store.schema import COLUMN_BY_NAME, COLUMNS
from collectors.store.sql import literal

_COST: Final = ("CostInBillingCurrency", "Cost")
_CURRENCY: Final = ("BillingCurrency", "BillingCurrencyCode")
_ACCOUNTS: Final = "/providers/Microsoft.Billing/billingAccounts/"
_BENEFIT_MODELS: Final = ("reservation", "savingsplan")
_UNUSED_TYPES: Final = ("unusedreservation", "unusedsavingsplan")
_CATEGORIES: Final = {
    "ai + machine learning": "AI and Machine Learning",
    "analytics": "Analytics",
    "azure communication services": "Integration",
    "compute": "Compute",
    "containers": "Compute",
    "databases": "Databases",
    "data": "Databases",
    "developer tools": "Developer Tools",
    "integration": "Integration",
    "internet of things": "Internet of Things",
    "management and governance": "Management and Governance",
    "mixed reality": "Media",
    "media": "Media",
    "networking": "Networking",
    "security": "Security",
    "storage": "Storage",
    "web": "Web",
}
"""ServiceFamily in lower case -> ServiceCategory; every other family is ``Other``."""
_METER_CATEGORIES: Final = {"virtual machines": "Compute", "bandwidth": "Networking", "storage": "Storage"}
"""MeterCategory in lower case -> ServiceCategory, for older files without ServiceFamily."""
_SUBCATEGORIES: Final = {"virtual machines": "Virtual Machines", "bandwidth": "Network Connectivity"}
"""MeterCategory in lower case -> ServiceSubcategory; else ``Other (<ServiceCategory>)``."""
_FREQUENCIES: Final = {"onetime": "One-Time", "recurring": "Recurring", "usagebased": "Usage-Based"}
_PRICING: Final = {
    "ondemand": "Standard",
    "spot": "Dynamic",
    "reservation": "Committed",
    "savingsplan": "Committed",
}

_LOSSY: Final = (
    "ChargeType",
    "PricingModel",
    "Frequency",
    "ServiceFamily",
    "BillingAccountId",
    "BillingAccountName",
    "BillingProfileId",
    "BillingProfileName",
)
"""Native columns of which FOCUS keeps less than they say; they are kept as ``x_...`` as well."""


def translate_amortized(path: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write a file of the amortised export as FOCUS 1.4.

    Raises:
        InvalidFocusFile: a column that every amortised export has is missing, or the file is not readable to its end.
    """
    native = open_native(path, engine)
    mapped = _Mapped(native)
    columns = {**_costs(mapped), **_periods(), **_accounts(mapped), **_charge(mapped), **_commitment(mapped)}
    columns |= {**_service(mapped), **_resource(mapped), **_quantities(mapped)}
    complete = {
        column.name: columns.get(column.name, f"CAST(NULL AS {COLUMN_BY_NAME[column.name].sql_type})")
        for column in COLUMNS
    }
    lossy = {native.find(name) for name in _LOSSY}
    kept_whole = [name for name in native.types if name in mapped.used and name not in lossy]
    write_translation(native, target, engine, {**complete, **unmapped_columns(native, kept_whole)}, facts=mapped.facts)


def read_amortized(path: Path) -> NativeReading:
    """Rows of a file of the amortised export, and the sum of what becomes BilledCost, by Arrow.

    Raises:
        InvalidFocusFile: a column that decides it is missing, or the file is not readable to its end.
    """
    native = open_native(path)
    names = [native.needed(*_COST), native.needed("ChargeType"), native.needed("PricingModel")]
    rows, billed_cost = 0, Decimal(0)
    for batch in native.batches(names):
        cost, charge_type, model = (batch.column(batch.schema.get_field_index(name)) for name in names)
        rows += batch.num_rows
        billed_cost += sum_of(cost.filter(pc.invert(_covered(charge_type, model))))
    return NativeReading(rows=rows, billed_cost=billed_cost)


def _covered(charge_type: pa.Array[Any], model: pa.Array[Any]) -> Any:
    kinds, models = (_folded(cells) for cells in (charge_type, model))
    is_unused = pc.is_in(kinds, value_set=pa.array(_UNUSED_TYPES, pa.string()))
    is_benefit = pc.is_in(models, value_set=pa.array(_BENEFIT_MODELS, pa.string()))
    return pc.or_(is_unused, pc.and_(pc.equal(kinds, pa.scalar("usage")), is_benefit))


def _folded(cells: pa.Array[Any]) -> Any:
    folded: Any = pc.utf8_lower(pc.utf8_trim_whitespace(cells.cast(pa.string())))
    return pc.fill_null(folded, "")


class _Mapped:
    """The native columns, remembering which of them went into a FOCUS column whole."""

    def __init__(self, native: NativeFile) -> None:
        self.native = native
        self.used: set[str] = set()
        unused = ", ".join(literal(name) for name in _UNUSED_TYPES)
        models = ", ".join(literal(name) for name in _BENEFIT_MODELS)
        self.kind, self.model, self.is_unused, self.is_covered = "_kind", "_model", "_is_unused", "_is_covered"
        self.cost, self.benefit, self.meter = "_cost", "_benefit", "_meter"
        self.facts: tuple[Mapping[str, str], ...] = (
            {
                self.kind: f"lower({native.clean(native.needed('ChargeType'))})",
                self.model: f"coalesce(lower({native.clean(native.needed('PricingModel'))}), '')",
                self.cost: self.money(*_COST, needed=True),
                self.benefit: self.clean("BenefitId", "ReservationId"),
                self.meter: self.clean("MeterCategory", needed=True),
                "_day": self.time("Date"),
                "_start": self.time("BillingPeriodStartDate"),
                "_end": self.time("BillingPeriodEndDate"),
                "_subscription": self.clean("SubscriptionId", "SubscriptionGuid"),
                "_location": self.clean("ResourceLocation", "ResourceLocationNormalized"),
                "_family": f"lower({native.clean(native.find('ServiceFamily'))})",
                "_frequency": f"replace(lower({native.clean(native.find('Frequency'))}), '-', '')",
                "_publisher": f"lower({native.clean(native.find('PublisherType'))})",
                "_tags": self.clean("Tags"),
                "_account": self.clean("BillingAccountId", needed=True),
                "_profile": self.clean("BillingProfileId"),
            },
            {
                "_has_profile": "coalesce(contains(_account, ':') AND _profile IS NOT NULL, false)",
                self.is_unused: f"coalesce({self.kind} IN ({unused}), false)",
                "_region": "replace(lower(_location), ' ', '')",
                "_category": f"coalesce({_translated('_family', _CATEGORIES)}, "
                f"{_translated(f'lower({self.meter})', _METER_CATEGORIES)}, 'Other')",
            },
            {
                self.is_covered: f"{self.is_unused} OR "
                f"coalesce({self.kind} = 'usage' AND {self.model} IN ({models}), false)"
            },
        )

    def text(self, *names: str, needed: bool = False) -> str:
        """SQL of the first of ``names`` that is filled, as text."""
        if needed:
            self.native.needed(*names)
        return self._coalesced([self.native.text(found) for found in self._found(names)], self.native.text(None))

    def clean(self, *names: str, needed: bool = False) -> str:
        """``text`` for what decides something."""
        if needed:
            self.native.needed(*names)
        return self._coalesced([self.native.clean(found) for found in self._found(names)], self.native.text(None))

    def money(self, *names: str, needed: bool = False) -> str:
        """SQL of the first of ``names`` that is there, as an exact decimal."""
        column = self.native.needed(*names) if needed else self.native.find(*names)
        if column is not None:
            self.used.add(column)
        return self.native.money(column)

    def time(self, name: str) -> str:
        """SQL of a column that must be there, as UTC."""
        column = self.native.needed(name)
        self.used.add(column)
        return self.native.time(column)

    def _found(self, names: tuple[str, ...]) -> list[str]:
        found = [column for name in names if (column := self.native.find(name)) is not None]
        self.used.update(found[:1])
        return found

    @staticmethod
    def _coalesced(texts: list[str], nothing: str) -> str:
        if not texts:
            return nothing
        return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"


def _costs(mapped: _Mapped) -> dict[str, str]:
    cost = mapped.cost
    return {
        "EffectiveCost": cost,
        # A cost that is no number stays empty, so that the row is rejected with its cell rather than billed at 0.
        "BilledCost": f"CASE WHEN {mapped.is_covered} AND {cost} IS NOT NULL THEN 0 ELSE {cost} END",
        "ContractedCost": f"CASE WHEN NOT {mapped.is_covered} THEN {cost} END",
        "ListCost": mapped.money("PaygCostInBillingCurrency"),
        "BillingCurrency": mapped.text(*_CURRENCY, needed=True),
        "PricingCurrency": mapped.text("PricingCurrency", "PricingCurrencyCode"),
        "PricingCurrencyEffectiveCost": mapped.money("CostInPricingCurrency"),
    }


def _periods() -> dict[str, str]:
    return {
        "BillingPeriodStart": "_start",
        "BillingPeriodEnd": "date_trunc('day', _end) + INTERVAL 1 DAY",
        "ChargePeriodStart": "_day",
        "ChargePeriodEnd": "date_trunc('day', _day) + INTERVAL 1 DAY",
    }


def _accounts(mapped: _Mapped) -> dict[str, str]:
    subscription = "_subscription"
    prefixed = (
        f"CASE WHEN starts_with({subscription}, '/') THEN {subscription} ELSE '/subscriptions/' || {subscription} END"
    )
    account = f"CASE WHEN starts_with(_account, '/') THEN _account ELSE {literal(_ACCOUNTS)} || _account END"
    below = f"{account} || '/billingProfiles/' || _profile"
    profile = f"CASE WHEN starts_with(_profile, '/') THEN _profile ELSE {below} END"
    names = {name: mapped.text(name) for name in ("BillingAccountName", "BillingProfileName")}
    return {
        "BillingAccountId": f"CASE WHEN _has_profile THEN {profile} ELSE {account} END",
        "BillingAccountName": f"CASE WHEN _has_profile THEN {names['BillingProfileName']} "
        f"ELSE {names['BillingAccountName']} END",
        "BillingAccountType": "CASE WHEN _has_profile THEN 'Billing Profile' ELSE 'Billing Account' END",
        "SubAccountId": f"CASE WHEN {subscription} IS NOT NULL THEN {prefixed} END",
        "SubAccountName": mapped.text("SubscriptionName"),
        "SubAccountType": f"CASE WHEN {subscription} IS NOT NULL THEN 'Subscription' END",
        "InvoiceId": mapped.text("InvoiceId"),
        "InvoiceIssuerName": "'Microsoft'",
        "ServiceProviderName": "'Microsoft'",
        "HostProviderName": "'Microsoft'",
    }


def _charge(mapped: _Mapped) -> dict[str, str]:
    kind = mapped.kind
    return {
        "ChargeCategory": (
            f"CASE WHEN {kind} = 'usage' OR {mapped.is_unused} THEN 'Usage' WHEN {kind} = 'purchase' THEN 'Purchase' "
            f"WHEN {kind} = 'tax' THEN 'Tax' WHEN {kind} = 'credit' THEN 'Credit' "
            f"WHEN {kind} IS NOT NULL THEN 'Adjustment' END"
        ),
        "ChargeClass": f"CASE WHEN {kind} = 'refund' THEN 'Correction' END",
        "ChargeDescription": mapped.text("ProductName", "Product"),
        "ChargeFrequency": _translated("_frequency", _FREQUENCIES),
        "PricingCategory": (
            f"CASE WHEN {kind} = 'usage' OR {mapped.is_unused} THEN {_translated(mapped.model, _PRICING, 'Other')} END"
        ),
    }


def _commitment(mapped: _Mapped) -> dict[str, str]:
    benefit = mapped.benefit
    is_plan = f"({mapped.model} = 'savingsplan' OR {mapped.kind} = 'unusedsavingsplan')"
    return {
        "CommitmentDiscountId": benefit,
        "CommitmentDiscountName": mapped.text("BenefitName", "ReservationName"),
        "CommitmentDiscountCategory": _where(benefit, f"CASE WHEN {is_plan} THEN 'Spend' ELSE 'Usage' END"),
        "CommitmentDiscountType": _where(benefit, f"CASE WHEN {is_plan} THEN 'Savings Plan' ELSE 'Reservation' END"),
        "CommitmentDiscountStatus": _where(
            f"CASE WHEN {mapped.is_covered} THEN {benefit} END",
            f"CASE WHEN {mapped.is_unused} THEN 'Unused' ELSE 'Used' END",
        ),
    }


def _service(mapped: _Mapped) -> dict[str, str]:
    subcategory = _translated(f"lower({mapped.meter})", _SUBCATEGORIES)
    return {
        "ServiceName": f"CASE WHEN _publisher = 'marketplace' THEN 'Azure Marketplace' ELSE {mapped.meter} END",
        "ServiceCategory": "_category",
        "ServiceSubcategory": f"coalesce({subcategory}, 'Other (' || _category || ')')",
        "SkuId": mapped.text("ProductId", "MeterId"),
        "SkuPriceId": mapped.text("PartNumber"),
        "SkuMeter": mapped.text("MeterName", needed=True),
    }


def _resource(mapped: _Mapped) -> dict[str, str]:
    return {
        "ResourceId": mapped.text("ResourceId", "InstanceId"),
        "ResourceName": mapped.text("ResourceName"),
        "ResourceType": mapped.text("ConsumedService"),
        "RegionId": f"coalesce({_translated('_region', REGION_SPELLINGS)}, _region)",
        "RegionName": "_location",
        "Tags": "CASE WHEN starts_with(_tags, '{') THEN _tags ELSE '{' || rtrim(_tags, ', ') || '}' END",
        "AvailabilityZone": mapped.text("AvailabilityZone"),
    }


def _quantities(mapped: _Mapped) -> dict[str, str]:
    quantity, unit = mapped.money("Quantity"), mapped.text("UnitOfMeasure")
    is_usage = f"({mapped.kind} = 'usage' OR {mapped.is_unused})"
    return {
        "ConsumedQuantity": f"CASE WHEN {is_usage} THEN {quantity} END",
        "ConsumedUnit": f"CASE WHEN {is_usage} THEN {unit} END",
        "PricingQuantity": quantity,
        "PricingUnit": unit,
    }


def _where(present: str, then: str) -> str:
    return f"CASE WHEN {present} IS NOT NULL THEN {then} END"


def _translated(text: str, known: dict[str, str], other: str | None = None) -> str:
    """SQL of a lookup; text that is filled and not known becomes ``other``."""
    cases = " ".join(f"WHEN {literal(key)} THEN {literal(value)}" for key, value in known.items())
    rest = "" if other is None else f" ELSE {literal(other)}"
    return f"CASE {text} {cases}{rest} END"
