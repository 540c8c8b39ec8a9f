"""Columns of a Cost and Usage Report found by name, however the report spells them, and read as SQL.

The legacy report writes ``lineItem/UnblendedCost``, its Parquet form and CUR 2.0 ``line_item_unblended_cost``; both are
looked up as ``lineitemunblendedcost``. CUR 2.0 folds product attributes and tags into maps (Parquet) or JSON (CSV).
Source: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from collectors.aws.native_files import NativeColumn, NativeFile
from collectors.errors import InvalidFocusFile
from collectors.store.schema import DECIMAL_SQL
from collectors.store.sql import literal

REQUIRED: Final = {
    "lineitemunblendedcost": "line_item_unblended_cost",
    "lineitemcurrencycode": "line_item_currency_code",
    "lineitemlineitemtype": "line_item_line_item_type",
    "lineitemproductcode": "line_item_product_code",
    "lineitemusagestartdate": "line_item_usage_start_date",
    "lineitemusageenddate": "line_item_usage_end_date",
    "billbillingperiodstartdate": "bill_billing_period_start_date",
    "billbillingperiodenddate": "bill_billing_period_end_date",
    "billpayeraccountid": "bill_payer_account_id",
}
"""Looked-up name -> how CUR 2.0 spells it: without these a row is no charge."""
EFFECTIVE_COST_OF: Final = {
    "SavingsPlanCoveredUsage": {"savingsplansavingsplaneffectivecost": "savings_plan_savings_plan_effective_cost"},
    "SavingsPlanRecurringFee": {
        "savingsplantotalcommitmenttodate": "savings_plan_total_commitment_to_date",
        "savingsplanusedcommitment": "savings_plan_used_commitment",
    },
    "DiscountedUsage": {"reservationeffectivecost": "reservation_effective_cost"},
    "RIFee": {
        "reservationunusedamortizedupfrontfeeforbillingperiod": (
            "reservation_unused_amortized_upfront_fee_for_billing_period"
        ),
        "reservationunusedrecurringfee": "reservation_unused_recurring_fee",
    },
}
"""Type of a line -> the columns that give its effective cost, as ``REQUIRED``: needed in files with such lines."""
_TAG: Final = re.compile(r"^resource_?tags[/_]", re.IGNORECASE)
_TAG_OWNER: Final = re.compile(r"^user[:_]", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class ReportColumns:
    """The columns of one file. What ``text``, ``money`` and ``moment`` were asked for counts as used.

    Attributes:
        by_name: looked-up name -> column; of two that are spelled alike the first.
        tags: one column a tag, in the legacy report.
        used: columns that a FOCUS column repeats word for word.
    """

    native: NativeFile
    by_name: dict[str, NativeColumn] = field(init=False)
    tags: tuple[NativeColumn, ...] = field(init=False)
    used: set[NativeColumn] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.tags = tuple(each for each in self.native.columns if _TAG.match(each.name))
        self.by_name = {}
        for column in self.native.columns:
            if column not in self.tags:
                self.by_name.setdefault(looked_up(column.name), column)
        for name, spelled in REQUIRED.items():
            if name not in self.by_name:
                raise InvalidFocusFile(
                    f"no column {spelled}, without which a Cost and Usage Report cannot be read; nothing of this file "
                    "was stored; export it again with that column under its own name",
                    path=self.native.origin,
                    column=spelled,
                )

    def text(self, name: str, *, keep: bool = False) -> str:
        """SQL for a text, NULL when empty or absent; with ``keep`` the column is passed on under its own name too."""
        column = self._find(name, keep=keep)
        if column is None:
            return "CAST(NULL AS VARCHAR)"
        return f"nullif(CAST({column.cell} AS VARCHAR), '')"

    def money(self, name: str, *, keep: bool = False) -> str:
        """SQL for an exact decimal, NULL when absent or no number. A double is read by its shortest decimal text."""
        column = self._find(name, keep=keep)
        if column is None:
            return f"CAST(NULL AS {DECIMAL_SQL})"
        return f"TRY_CAST(CAST({column.cell} AS VARCHAR) AS {DECIMAL_SQL})"

    def moment(self, name: str) -> str:
        """SQL for a UTC timestamp without zone, NULL when absent or no time."""
        column = self._find(name, keep=False)
        if column is None:
            return "CAST(NULL AS TIMESTAMP)"
        if column.sql_type == "TIMESTAMP WITH TIME ZONE":
            return f"make_timestamp(epoch_us({column.cell}))"
        if column.sql_type != "VARCHAR":
            return f"TRY_CAST({column.cell} AS TIMESTAMP)"
        no_offset = f"regexp_matches({column.cell}, '^[0-9-]{{10}}[T ][0-9:]{{8}}([.][0-9]+)?Z?$')"
        zoned = f"make_timestamp(epoch_us(TRY_CAST({column.cell} AS TIMESTAMPTZ)))"
        return f"CASE WHEN {no_offset} THEN TRY_CAST({column.cell} AS TIMESTAMP) ELSE {zoned} END"

    def attribute(self, attribute: str, *, keep: bool = True) -> str:
        """SQL for a product attribute: from a column of its own, else from the map of CUR 2.0; NULL in neither."""
        own = self.text(f"product{attribute.replace('_', '')}", keep=keep)
        folded = self.by_name.get("product")
        if folded is None:
            return own
        if folded.sql_type == "VARCHAR":
            value = f"CASE WHEN json_valid({folded.cell}) THEN {folded.cell} ->> {literal('$.' + attribute)} END"
        else:
            value = f"map_extract_value({folded.cell}, {literal(attribute)})"
        return f"coalesce({own}, nullif({value}, ''))"

    def tags_json(self) -> str:
        """SQL for tags as a JSON object without empty values; ``user:`` in front of a person's own keys is dropped."""
        folded = self._find("resourcetags", keep=False)
        if folded is not None:
            return _folded_tags(folded)
        keys = {_TAG_OWNER.sub("", _TAG.sub("", column.name)): column for column in reversed(self.tags)}
        if not keys:
            return "CAST(NULL AS VARCHAR)"
        pairs = ", ".join(
            f"{{'key': {literal(key)}, 'value': CAST({keys[key].cell} AS VARCHAR)}}" for key in sorted(keys)
        )
        return _json_of(f"[{pairs}]")

    def missing_by_kind(self) -> dict[str, str]:
        """Types of lines whose effective cost this file cannot give, each with the first column that it lacks."""
        missing: dict[str, str] = {}
        for kind, needed in EFFECTIVE_COST_OF.items():
            for name, spelled in needed.items():
                if name not in self.by_name:
                    missing.setdefault(kind, spelled)
        return missing

    def others(self) -> list[tuple[str, str]]:
        """``x_<name>`` and cell of every column that no FOCUS column repeats, names told apart whatever their case."""
        found: list[tuple[str, str]] = []
        taken: set[str] = set()
        for column in self.native.columns:
            if column in self.used or column in self.tags:
                continue
            name, number = f"x_{column.name}", 1
            while name.casefold() in taken:
                number += 1
                name = f"x_{column.name}_{number}"
            taken.add(name.casefold())
            found.append((name, column.cell))
        return found

    def _find(self, name: str, *, keep: bool) -> NativeColumn | None:
        column = self.by_name.get(name)
        if column is not None and not keep:
            self.used.add(column)
        return column


def looked_up(name: str) -> str:
    """A column's name without what the spellings differ in.

    >>> looked_up("savingsPlan/SavingsPlanARN") == looked_up("savings_plan_savings_plan_a_r_n")
    True
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _folded_tags(folded: NativeColumn) -> str:
    """Tags out of a map, where ``user_`` stands in front of a person's own keys."""
    tags = folded.cell
    if folded.sql_type == "VARCHAR":
        tags = f"TRY_CAST(CASE WHEN json_valid({folded.cell}) THEN {folded.cell}::JSON END AS MAP(VARCHAR, VARCHAR))"
    plain = "regexp_replace(tag.key, '^user_', '')"
    key = f"CASE WHEN map_contains({tags}, {plain}) THEN tag.key ELSE {plain} END"
    return _json_of(f"list_transform(map_entries({tags}), lambda tag: {{'key': {key}, 'value': tag.value}})")


def _json_of(entries: str) -> str:
    """JSON object of a list of keys and values, empty values left out; NULL when nothing is left."""
    kept = f"list_filter({entries}, lambda tag: tag.value IS NOT NULL AND tag.value <> '')"
    return f"CASE WHEN len({kept}) > 0 THEN CAST(to_json(map_from_entries({kept})) AS VARCHAR) END"
