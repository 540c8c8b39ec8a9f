"""The SQL that turns a Cost and Usage Report into FOCUS rows; what becomes of what: ``collectors.aws.to_focus``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from collectors.aws import services
from collectors.aws.native_files import NativeFile
from collectors.aws.report_columns import ReportColumns
from collectors.focus.dialect import NATIVE_ROW
from collectors.store.schema import COLUMNS, DECIMAL_SQL
from collectors.store.sql import identifier, literal

PROVIDER: Final = "Amazon Web Services"

_SAVINGS_PLAN: Final = (
    "('SavingsPlanCoveredUsage', 'SavingsPlanNegation', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')"
)
_RESERVATION_FEE: Final = "(kind = 'RIFee' OR (kind = 'Fee' AND reservation_arn IS NOT NULL))"
_COVERED: Final = "kind IN ('SavingsPlanCoveredUsage', 'DiscountedUsage')"
_ZERO: Final = f"CAST(0 AS {DECIMAL_SQL})"


def _facts(columns: ReportColumns) -> dict[str, str]:
    """Names that the FOCUS expressions use -> SQL over the native columns."""
    text, money = columns.text, columns.money
    usage_start = columns.moment("lineitemusagestartdate")
    return {
        "kind": text("lineitemlineitemtype", keep=True),
        "cost": money("lineitemunblendedcost"),
        "cost_text": text("lineitemunblendedcost"),
        "currency": text("lineitemcurrencycode"),
        "product_code": text("lineitemproductcode", keep=True),
        "product_name": columns.attribute("product_name"),
        "service_code": columns.attribute("servicecode"),
        "billing_entity": text("billbillingentity", keep=True),
        "usage_type": text("lineitemusagetype"),
        "usage_quantity": money("lineitemusageamount", keep=True),
        "unit": text("pricingunit"),
        "description": text("lineitemlineitemdescription"),
        "native_resource": text("lineitemresourceid", keep=True),
        "account_id": text("lineitemusageaccountid"),
        "account_name": text("lineitemusageaccountname"),
        "payer_id": text("billpayeraccountid"),
        "payer_name": text("billpayeraccountname"),
        "zone": text("lineitemavailabilityzone"),
        "region": f"coalesce({columns.attribute('region_code')}, {columns.attribute('region')}, "
        f"nullif(regexp_extract({text('lineitemavailabilityzone')}, '^[a-z]+(-[a-z]+)+-[0-9]+'), ''))",
        "region_name": columns.attribute("location"),
        "sku": columns.attribute("sku"),
        "rate_code": f"coalesce({text('pricingratecode')}, {text('pricingrateid', keep=True)})",
        "period_start": columns.moment("billbillingperiodstartdate"),
        "period_end": columns.moment("billbillingperiodenddate"),
        "usage_start": usage_start,
        "usage_end": columns.moment("lineitemusageenddate"),
        "invoice_id": text("billinvoiceid"),
        "issuer": f"coalesce({text('billinvoicingentity')}, {text('lineitemlegalentity', keep=True)}, "
        f"{literal(PROVIDER)})",
        "list_cost": money("pricingpublicondemandcost"),
        "list_unit_price": money("pricingpublicondemandrate"),
        "unit_price": money("lineitemunblendedrate"),
        "pricing_currency": text("pricingcurrency"),
        "savings_plan_arn": text("savingsplansavingsplanarn"),
        "savings_plan_type": text("savingsplanofferingtype"),
        "savings_plan_cost": money("savingsplansavingsplaneffectivecost", keep=True),
        "plan_total": money("savingsplantotalcommitmenttodate", keep=True),
        "plan_used": money("savingsplanusedcommitment", keep=True),
        "reservation_arn": text("reservationreservationarn"),
        "reservation_cost": money("reservationeffectivecost", keep=True),
        "unused_upfront": money("reservationunusedamortizedupfrontfeeforbillingperiod", keep=True),
        "unused_recurring": money("reservationunusedrecurringfee", keep=True),
        "tags": columns.tags_json(),
    }


_UNUSED: Final = (
    "CASE kind WHEN 'SavingsPlanRecurringFee' THEN plan_total - plan_used "
    f"WHEN 'RIFee' THEN coalesce(unused_upfront, {_ZERO}) + coalesce(unused_recurring, {_ZERO}) END"
)
_EFFECTIVE: Final = (
    "CASE WHEN is_unused THEN unused_cost WHEN kind = 'SavingsPlanCoveredUsage' THEN savings_plan_cost "
    "WHEN kind = 'DiscountedUsage' THEN reservation_cost "
    f"WHEN kind IN {_SAVINGS_PLAN} OR {_RESERVATION_FEE} THEN {_ZERO} ELSE cost END"
)
_CATEGORY: Final = (
    "CASE WHEN is_unused OR kind IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation') "
    "THEN 'Usage' WHEN kind IN ('Fee', 'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') THEN 'Purchase' "
    "WHEN kind = 'Tax' THEN 'Tax' WHEN kind = 'Credit' THEN 'Credit' "
    "WHEN kind = 'Refund' OR kind LIKE '%Discount' THEN 'Adjustment' END"
)
_FREQUENCY: Final = (
    "CASE WHEN kind IN ('RIFee', 'SavingsPlanRecurringFee') AND NOT is_unused THEN 'Recurring' "
    "WHEN ChargeCategory = 'Usage' THEN 'Usage-Based' ELSE 'One-Time' END"
)
_RESOURCE: Final = (
    "CASE WHEN native_resource LIKE 'arn:%' THEN native_resource "
    "WHEN product_code = 'AmazonS3' AND regexp_full_match(native_resource, '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]') "
    "THEN 'arn:' || partition || ':s3:::' || native_resource "
    "WHEN ec2_resource <> '' AND region IS NOT NULL AND account_id IS NOT NULL "
    "THEN 'arn:' || partition || ':ec2:' || region || ':' || account_id || ':' || ec2_resource || native_resource "
    "ELSE native_resource END"
)
_EC2_RESOURCE: Final = (
    "CASE WHEN regexp_full_match(native_resource, 'i-[0-9a-f]+') THEN 'instance/' "
    "WHEN regexp_full_match(native_resource, 'vol-[0-9a-f]+') THEN 'volume/' "
    "WHEN regexp_full_match(native_resource, 'nat-[0-9a-f]+') THEN 'natgateway/' ELSE '' END"
)
_PARTITION: Final = (
    "CASE WHEN region LIKE 'cn-%' THEN 'aws-cn' WHEN region LIKE 'us-gov-%' THEN 'aws-us-gov' ELSE 'aws' END"
)
_SERVICE_CODE: Final = "CASE WHEN service_code = 'AWSDataTransfer' THEN service_code ELSE product_code END"
_SERVICE_NAME: Final = (
    "CASE WHEN billing_entity ILIKE '%Marketplace%' THEN 'AWS Marketplace: ' || coalesce(product_name, product_code) "
    "WHEN service = 'AWSDataTransfer' THEN known.name ELSE coalesce(product_name, known.name, service) END"
)

_FOCUS: Final[tuple[tuple[str, str], ...]] = (
    # Later entries may use earlier ones.
    ("BilledCost", f"CASE WHEN is_unused THEN {_ZERO} ELSE cost END"),
    ("EffectiveCost", _EFFECTIVE),
    (
        "ContractedCost",
        f"CASE WHEN kind = 'SavingsPlanNegation' THEN {_ZERO} "
        "WHEN kind = 'DiscountedUsage' THEN coalesce(list_cost, reservation_cost) ELSE BilledCost END",
    ),
    (
        "ListCost",
        f"CASE WHEN kind = 'SavingsPlanNegation' OR is_unused THEN {_ZERO} "
        f"WHEN kind = 'Usage' OR {_COVERED} THEN coalesce(list_cost, ContractedCost) ELSE BilledCost END",
    ),
    ("BillingCurrency", "currency"),
    ("PricingCurrency", "coalesce(pricing_currency, currency)"),
    (
        "PricingCurrencyEffectiveCost",
        "CASE WHEN coalesce(pricing_currency, currency) = currency THEN EffectiveCost END",
    ),
    ("BillingAccountId", "payer_id"),
    ("BillingAccountName", "payer_name"),
    ("SubAccountId", "account_id"),
    ("SubAccountName", "account_name"),
    ("BillingPeriodStart", "period_start"),
    ("BillingPeriodEnd", "period_end"),
    ("ChargePeriodStart", "usage_start"),
    ("ChargePeriodEnd", "usage_end"),
    ("ChargeCategory", _CATEGORY),
    ("ChargeClass", "CASE WHEN kind = 'Refund' THEN 'Correction' END"),
    ("ChargeFrequency", _FREQUENCY),
    ("ChargeDescription", "description"),
    (
        "CommitmentDiscountId",
        f"CASE WHEN kind IN {_SAVINGS_PLAN} THEN savings_plan_arn "
        f"WHEN kind = 'DiscountedUsage' OR {_RESERVATION_FEE} THEN reservation_arn END",
    ),
    (
        "CommitmentDiscountCategory",
        f"CASE WHEN kind IN {_SAVINGS_PLAN} THEN 'Spend' "
        f"WHEN kind = 'DiscountedUsage' OR {_RESERVATION_FEE} THEN 'Usage' END",
    ),
    (
        "CommitmentDiscountType",
        "CASE CommitmentDiscountCategory WHEN 'Spend' THEN coalesce(savings_plan_type, 'Savings Plan') "
        "WHEN 'Usage' THEN 'Reserved Instance' END",
    ),
    (
        "CommitmentDiscountStatus",
        f"CASE WHEN is_unused THEN 'Unused' WHEN {_COVERED} OR kind = 'SavingsPlanNegation' THEN 'Used' END",
    ),
    (
        "PricingCategory",
        f"CASE WHEN is_unused OR {_COVERED} OR kind = 'SavingsPlanNegation' THEN 'Committed' "
        "WHEN kind <> 'Usage' THEN NULL WHEN usage_type LIKE '%SpotUsage%' THEN 'Dynamic' ELSE 'Standard' END",
    ),
    # A negation repeats the quantity of the usage that it takes back, and the unused part of a fee has none.
    ("PricingQuantity", f"CASE WHEN kind = 'Usage' OR {_COVERED} THEN usage_quantity END"),
    ("PricingUnit", "CASE WHEN PricingQuantity IS NOT NULL THEN unit END"),
    ("ConsumedQuantity", "PricingQuantity"),
    ("ConsumedUnit", "PricingUnit"),
    ("ListUnitPrice", f"CASE WHEN kind = 'Usage' OR {_COVERED} THEN list_unit_price END"),
    ("ContractedUnitPrice", "CASE WHEN kind IN ('Usage', 'SavingsPlanCoveredUsage') THEN unit_price END"),
    ("ServiceName", _SERVICE_NAME),
    ("ServiceCategory", "coalesce(known.category, 'Other')"),
    ("ServiceSubcategory", "coalesce(known.subcategory, 'Other (Other)')"),
    ("ServiceProviderName", literal(PROVIDER)),
    ("HostProviderName", literal(PROVIDER)),
    ("InvoiceIssuerName", "issuer"),
    ("InvoiceId", "invoice_id"),
    ("RegionId", "region"),
    ("RegionName", "region_name"),
    ("AvailabilityZone", "zone"),
    ("ResourceId", _RESOURCE),
    (
        "ResourceType",
        "CASE WHEN ResourceId LIKE 'arn:%:s3:::%' THEN 'Bucket' WHEN ResourceId LIKE 'arn:%:ec2:%:instance/%' "
        "THEN 'Instance' WHEN ResourceId LIKE 'arn:%:ec2:%:volume/%' THEN 'Volume' END",
    ),
    ("SkuId", "sku"),
    ("SkuMeter", "usage_type"),
    ("SkuPriceId", "rate_code"),
    ("Tags", "tags"),
)


def kinds_query(native: NativeFile, path: Path, kinds: tuple[str, ...]) -> str:
    """SQL that yields those of the types of lines that the file has, in alphabetical order."""
    kind = ReportColumns(native=native).text("lineitemlineitemtype")
    wanted = ", ".join(literal(each) for each in kinds)
    return f"SELECT DISTINCT {kind} AS kind FROM ({native.relation(path)}) WHERE kind IN ({wanted}) ORDER BY kind"


def report_query(native: NativeFile, path: Path) -> str:
    """SQL that yields the FOCUS rows of a file in the order of its rows.

    Raises:
        InvalidFocusFile: a column is missing without which a row is no charge.
    """
    columns = ReportColumns(native=native)
    facts = ", ".join(f"{sql} AS {name}" for name, sql in _facts(columns).items())
    others = columns.others()
    taken = ", ".join(cell for _, cell in others)
    rows = (
        f"WITH native AS ({native.relation(path)}), "
        f"facts AS (SELECT native_row, {facts}{', ' if taken else ''}{taken} FROM native), "
        f"judged AS (SELECT *, {_UNUSED} AS unused_cost, {_PARTITION} AS partition, {_EC2_RESOURCE} AS ec2_resource, "
        f"{_SERVICE_CODE} AS service, {services.known_sql(_SERVICE_CODE)} AS known FROM facts), "
        # The unused part of a recurring fee is a charge of its own, right after the fee.
        "charges AS (SELECT *, unnest(CASE WHEN coalesce(unused_cost, 0) <> 0 THEN [false, true] ELSE [false] END) "
        "AS is_unused FROM judged)"
    )
    focus = ", ".join(f"{sql} AS {name}" for name, sql in _FOCUS)
    passed_on = "".join(f", {cell} AS {identifier(name)}" for name, cell in others)
    made = {name for name, _ in _FOCUS}
    empty = "".join(
        f", CAST(NULL AS {column.sql_type}) AS {column.name}" for column in COLUMNS if column.name not in made
    )
    return (
        f"{rows} SELECT native_row AS {NATIVE_ROW}, {focus}{empty}, "
        f"CASE WHEN cost IS NULL THEN cost_text END AS x_UnreadableCost{passed_on} FROM charges"
    )
