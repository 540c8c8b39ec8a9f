"""What a row of the detailed export charges: one FOCUS row, or several that add up to it.

* Credits that lower the price of the row's own usage (sustained use, committed use, free tier, negotiated and reseller
  discounts) are netted: BilledCost = EffectiveCost = cost + those credits. A row with a committed use discount is
  marked as used commitment, even when the commitment covers a part of it only; ``x_credits`` keeps the native credits.
* Every other credit (promotions, goodwill, kinds that are not known yet) is money that pays the bill, so it becomes a
  row of its own, ChargeCategory Credit.
* The fee of a commitment becomes two rows. A purchase has the BilledCost, and EffectiveCost 0 as FOCUS has it for what
  covers other charges; a usage row without BilledCost has the fee as EffectiveCost, because the covered usage was
  netted and Google does not tell which usage a fee pays for. So EffectiveCost adds up to BilledCost, commitment by
  commitment. In Google's newer spend-based model the fee carries an offset for what was used, and what is left after
  it is the unused part: one row, status Unused.

The sum of BilledCost is cost + credits of the native row, exactly: what the invoice adds up.
Source: the credit types of https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage;
FOCUS 1.4, columns BilledCost, EffectiveCost and ChargeCategory. That the SKU of a fee begins with "Commitment", and
that the consumption model of a commitment's price has "CUD" in its description, are assumptions. Where one does not
hold, the charge counts as plain usage and the sums stay the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collectors.gcp.native import NativeColumns, decimal_sql
from collectors.store.schema import DECIMAL_SQL
from collectors.store.sql import literal

COMMITMENT_CREDITS: Final = ("COMMITTED_USAGE_DISCOUNT", "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE")
OFFSET: Final = "FEE_UTILIZATION_OFFSET"
PRICE_CREDITS: Final = (
    *COMMITMENT_CREDITS,
    "DISCOUNT",
    OFFSET,
    "FREE_TIER",
    "RESELLER_MARGIN",
    "SPENDING_BASED_DISCOUNT",
    "SUBSCRIPTION_BENEFIT",
    "SUSTAINED_USAGE_DISCOUNT",
)
"""Types of credits that lower the price of the row's own usage."""
GOODWILL: Final = ("GOODWILL", "SALES_BASED_GOODWILL", "SLA_VIOLATION")
ZERO: Final = f"CAST(0 AS {DECIMAL_SQL})"


class Charges:
    """SQL over the rows of a file, in three layers, each of which is worked out once for a row:

    ``facts`` of a native row; ``list_sql``, its charges; then ``per_charge`` and ``columns`` of one charge. A charge
    is a structure of ``kind`` (``charge``, ``share`` of a commitment, ``credit``), ``billed``, ``effective`` and
    ``label``.
    """

    name: Final = "gcp_charge"
    is_charge: Final = "gcp_charge.kind = 'charge'"

    def __init__(self, columns: NativeColumns) -> None:
        self._columns = columns

    def facts(self) -> tuple[Mapping[str, str], ...]:
        """Names and SQL of what is asked several times; each mapping builds on those before it.

        Fees of commitments are SKUs such as ``Commitment v1: Cpu in Americas for 1 Year``.
        """
        text = self._columns.text
        first = {
            "gcp_sku": text("sku.description"),
            "gcp_type": f"lower(coalesce({text('cost_type')}, 'regular'))",
            "gcp_adjustment": f"coalesce(upper({text('adjustment_info.type')}), '')",
            "gcp_credits": f"coalesce({self._columns.raw('credits')}, [])",
            "gcp_model": text("consumption_model.description"),
        }
        second = {
            "gcp_is_correction": "gcp_adjustment LIKE '%CORRECTION'",
            "gcp_is_fee": "gcp_type = 'regular' AND coalesce(gcp_sku ILIKE 'commitment%', false)",
            "gcp_is_discounted": f"coalesce(gcp_model ILIKE '%CUD%', false) OR {self._has(COMMITMENT_CREDITS)}",
            "gcp_has_offset": self._has((OFFSET,)),
            "gcp_is_spend": "coalesce(gcp_model ILIKE '%CUD%' OR gcp_sku ILIKE '%dollar based%', false) OR "
            + self._has((OFFSET, COMMITMENT_CREDITS[1])),
        }
        third = {
            "gcp_is_purchase": "gcp_is_fee AND NOT gcp_has_offset",
            "gcp_is_commitment": "gcp_is_fee OR (gcp_type = 'regular' AND gcp_is_discounted)",
        }
        return first, second, third

    @property
    def list_sql(self) -> str:
        """SQL of the charges of a native row, the row's own first."""
        amount = f"coalesce({decimal_sql('c.amount', self._columns.kind('credits.amount'))}, {ZERO})"
        lowering = f"list_sum([{amount} FOR c IN gcp_credits IF {_is_one_of('c.type', PRICE_CREDITS)}])"
        net = f"CAST({self._columns.decimal('cost')} + coalesce({lowering}, {ZERO}) AS {DECIMAL_SQL})"
        label = "coalesce(" + ", ".join([*self._labels("c"), "'Credit'"]) + ")"
        own = _charge("charge", net, f"if(gcp_is_purchase, {ZERO}, {net})", "NULL")
        share = _charge("share", ZERO, net, "NULL")
        paying = (
            f"[{_charge('credit', amount, amount, label)} FOR c IN gcp_credits "
            f"IF NOT {_is_one_of('c.type', PRICE_CREDITS)}]"
        )
        return f"[{own}] || if(gcp_is_purchase, [{share}], []) || {paying}"

    def per_charge(self) -> Mapping[str, str]:
        """Names and SQL of what several columns of a charge ask."""
        return {
            "gcp_category": "CASE WHEN gcp_charge.kind = 'credit' THEN 'Credit' "
            "WHEN gcp_charge.kind = 'share' THEN 'Usage' "
            "WHEN gcp_type = 'tax' THEN 'Tax' WHEN gcp_type = 'rounding_error' THEN 'Adjustment' "
            f"WHEN {_is_one_of('gcp_adjustment', GOODWILL)} THEN 'Credit' "
            "WHEN gcp_is_correction AND NOT gcp_is_purchase THEN 'Usage' "
            "WHEN gcp_type <> 'regular' THEN 'Adjustment' WHEN gcp_is_purchase THEN 'Purchase' ELSE 'Usage' END",
            "gcp_commits": "gcp_is_commitment AND gcp_charge.kind <> 'credit'",
            "gcp_contracted": f"coalesce({self._columns.decimal('cost_at_effective_price_default')}, "
            f"{self._columns.decimal('cost')})",
            "gcp_list_price": self._unit_price(self._columns.decimal("price.list_price")),
            "gcp_price": self._unit_price(
                f"coalesce({self._columns.decimal('price.effective_price_default')}, "
                f"{self._columns.decimal('price.effective_price')})"
            ),
        }

    def columns(self) -> Mapping[str, str]:
        """SQL of the FOCUS columns that depend on what is charged."""
        decimal, text = self._columns.decimal, self._columns.text
        billed, effective = "gcp_charge.billed", "gcp_charge.effective"
        list_price, price = _by_kind("gcp_list_price"), _by_kind("gcp_price")
        return {
            "BilledCost": billed,
            "EffectiveCost": effective,
            "ContractedCost": _by_kind("gcp_contracted", share=ZERO, credit=billed),
            "ListCost": _by_kind(f"coalesce({decimal('cost_at_list')}, gcp_contracted)", share=ZERO, credit=billed),
            "ListUnitPrice": list_price,
            "ContractedUnitPrice": price,
            "PricingCurrencyListUnitPrice": list_price,
            "PricingCurrencyContractedUnitPrice": price,
            "PricingCurrencyEffectiveCost": effective,
            "PricingQuantity": _by_kind(decimal("usage.amount_in_pricing_units")),
            "PricingUnit": _by_kind(text("usage.pricing_unit")),
            "ConsumedQuantity": _by_kind(decimal("usage.amount")),
            "ConsumedUnit": _by_kind(text("usage.unit")),
            "ChargeCategory": "gcp_category",
            "ChargeClass": "CASE WHEN gcp_is_correction THEN 'Correction' END",
            "ChargeDescription": "coalesce(gcp_charge.label, gcp_sku)",
            "ChargeFrequency": "CASE WHEN gcp_is_fee AND gcp_charge.kind <> 'credit' THEN 'Recurring' "
            "WHEN gcp_category = 'Usage' THEN 'Usage-Based' ELSE 'One-Time' END",
            # A share of a machine commitment is for the use of instances.
            "SkuMeter": f"if(gcp_charge.kind = 'share' AND {text('service.description')} = 'Compute Engine', "
            "'Instance ' || gcp_sku, gcp_sku)",
            **self._commitment(),
        }

    def _commitment(self) -> Mapping[str, str]:
        """Commitment columns of fees, of usage with a committed use discount, and of usage at a commitment's price."""
        text = self._columns.text
        credit = f"[c FOR c IN gcp_credits IF {_is_one_of('c.type', COMMITMENT_CREDITS)}][1]"
        names = ", ".join(
            (
                text("subscription.instance_id"),
                f"CASE WHEN gcp_is_fee THEN {text('sku.id')} END",
                *self._labels(f"({credit})"),
                text("consumption_model.id"),
            )
        )
        bought = f"NOT gcp_commits OR (gcp_is_purchase AND {self.is_charge})"
        return {
            "CommitmentDiscountId": f"CASE WHEN gcp_commits THEN coalesce({names}) END",
            "CommitmentDiscountCategory": "CASE WHEN gcp_commits THEN if(gcp_is_spend, 'Spend', 'Usage') END",
            "CommitmentDiscountType": "CASE WHEN gcp_commits THEN "
            "if(gcp_is_spend, 'Spend-based CUD', 'Resource-based CUD') END",
            "CommitmentDiscountStatus": f"CASE WHEN {bought} THEN NULL "
            "WHEN gcp_is_fee AND gcp_has_offset THEN 'Unused' ELSE 'Used' END",
            "PricingCategory": "CASE WHEN gcp_category <> 'Usage' THEN NULL WHEN gcp_commits THEN 'Committed' "
            "WHEN coalesce(gcp_sku ILIKE '%preemptible%' OR gcp_sku ILIKE 'spot %', false) THEN 'Dynamic' "
            "ELSE 'Standard' END",
        }

    def _labels(self, credit: str) -> list[str]:
        """SQL of the names of a credit, best first, as far as the file has them."""
        return [
            f"nullif(CAST({credit}.{name} AS VARCHAR), '')"
            for name in ("full_name", "name", "id", "type")
            if self._columns.kind(f"credits.{name}") is not None
        ]

    def _has(self, types: tuple[str, ...]) -> str:
        return f"list_has_any([upper(c.type) FOR c IN gcp_credits], [{', '.join(literal(each) for each in types)}])"

    def _unit_price(self, price: str) -> str:
        """SQL of a price per unit: an exact division where the price is for one unit, as it nearly always is."""
        units = self._columns.decimal("price.pricing_unit_quantity")
        divided = f"CAST(CAST({price} AS DOUBLE) / nullif({units}, 0) AS {DECIMAL_SQL})"
        return f"CASE WHEN coalesce({units}, 1) = 1 THEN {price} ELSE {divided} END"


def _by_kind(own: str, *, share: str = "NULL", credit: str = "NULL") -> str:
    return f"CASE gcp_charge.kind WHEN 'charge' THEN {own} WHEN 'share' THEN {share} ELSE {credit} END"


def _charge(kind: str, billed: str, effective: str, label: str) -> str:
    return (
        f"{{'kind': {literal(kind)}, 'billed': {billed}, 'effective': {effective}, 'label': CAST({label} AS VARCHAR)}}"
    )


def _is_one_of(expression: str, values: tuple[str, ...]) -> str:
    """SQL that is true or false, never NULL."""
    return f"coalesce(upper({expression}) IN ({', '.join(literal(value) for value in values)}), false)"
