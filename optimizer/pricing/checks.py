"""What the tables of a price book must satisfy; the first row that does not is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.pricing.columns import codes_of, equals, floats_of, pico_usd_of, texts_of, vocabulary_of
from optimizer.pricing.errors import InvalidPriceBook, InvalidPriceRow
from optimizer.pricing.names import (
    ARCHITECTURES,
    CONFIDENCES,
    FAMILIES,
    MACHINE_SERVICES,
    PAYMENT_MODELS,
    PURCHASES,
    QUOTED_UNITS,
)
from optimizer.pricing.schema import TABLES

Described = Callable[[int], str]


def check_tables(tables: Mapping[str, pa.Table]) -> None:
    """Columns, vocabularies, signs, references and uniqueness of every table; tiers are checked on the sorted index.

    Raises:
        InvalidPriceBook: a table is missing or lacks a column.
        InvalidPriceRow: the first row that breaks a rule.
    """
    for name, schema in TABLES.items():
        if name not in tables:
            raise InvalidPriceBook(f"missing; a book needs {sorted(TABLES)}", table=name)
        if tables[name].schema.names != schema.names:
            raise InvalidPriceBook(
                f"columns are {tables[name].schema.names}; expected exactly {schema.names} in this order", table=name
            )
        _refuse_nulls(tables[name], name)
    place_ids = texts_of(tables["places"]["place_id"])
    _check_rows(tables["rows"], place_ids)
    _check_machines(tables["machines"])
    _check_capacities_known(tables["rows"], tables["machines"])
    _check_transfers(tables["transfers"], place_ids)
    _check_round_trips(tables["round_trips"], place_ids)
    _refuse_duplicates(tables["places"], "places", ("place_id",))


def describe(table: pa.Table, name: str, row: int) -> str:
    """The columns that tell a person which row is meant."""
    wanted = {
        "rows": ("service", "meter", "place_id", "purchase", "tier_min", "unit", "unit_price"),
        "machines": ("service", "sku", "vcpu", "memory_gib"),
        "transfers": ("from_place_id", "to_place_id", "unit_price"),
        "round_trips": ("from_place_id", "to_place_id", "average_ms"),
        "places": ("place_id",),
    }[name]
    return ", ".join(f"{column}={table.column(column)[row].as_py()}" for column in wanted)


def refuse(table: pa.Table, name: str, bad: npt.NDArray[np.bool_], reason: str) -> None:
    """Raise on the first row where ``bad`` holds.

    Raises:
        InvalidPriceRow: there is one.
    """
    if bad.any():
        row = int(np.argmax(bad))
        raise InvalidPriceRow(reason, table=name, row=row, described=describe(table, name, row))


def _check_rows(rows: pa.Table, place_ids: list[str]) -> None:
    unknown = _unknown(rows, "rows")
    unknown("place_id", place_ids, "unknown place; add it to the places table or correct the row")
    unknown("unit", tuple(QUOTED_UNITS), f"unknown unit; expected one of {sorted(QUOTED_UNITS)}")
    unknown("purchase", PURCHASES, f"unknown purchase term; expected one of {list(PURCHASES)}")
    unknown("confidence", CONFIDENCES, f"unknown confidence; expected one of {list(CONFIDENCES)}")
    unknown("currency", ("USD",), "the book is in USD; convert the row before it is added")
    payment = rows.column("payment_model")
    refuse(
        rows,
        "rows",
        (codes_of(payment, PAYMENT_MODELS) < 0) & pc.is_valid(payment).to_numpy(),
        f"unknown payment model; expected one of {list(PAYMENT_MODELS)} or nothing",
    )
    refuse(rows, "rows", pico_usd_of(rows.column("unit_price")) < 0, "negative price; a discount is not a price")
    tier_min, tier_max = floats_of(rows.column("tier_min")), floats_of(rows.column("tier_max"), null=np.inf)
    refuse(rows, "rows", ~(tier_min >= 0), "a tier must begin at a quantity of at least 0")
    refuse(rows, "rows", ~(tier_max > tier_min), "a tier must end above where it begins")
    _refuse_duplicates(rows, "rows", ("sku_price_id",))


def _check_machines(machines: pa.Table) -> None:
    unknown = _unknown(machines, "machines")
    unknown("family", FAMILIES, f"unknown family; expected one of {list(FAMILIES)}")
    unknown("architecture", ARCHITECTURES, f"unknown architecture; expected one of {list(ARCHITECTURES)}")
    for column in ("vcpu", "memory_gib"):
        refuse(machines, "machines", ~(floats_of(machines.column(column)) > 0), f"{column} must be above 0")
    _refuse_duplicates(machines, "machines", ("service", "sku"))


def _check_capacities_known(rows: pa.Table, machines: pa.Table) -> None:
    reason = "the machines table does not hold this size; add its capacities or drop the price"
    for service in MACHINE_SERVICES:
        sizes = texts_of(machines.filter(pa.array(equals(machines["service"], service)))["sku"])
        unknown = equals(rows["service"], service) & (codes_of(rows["meter"], sizes) < 0)
        refuse(rows, "rows", unknown, reason)


def _check_transfers(transfers: pa.Table, place_ids: list[str]) -> None:
    unknown = _unknown(transfers, "transfers")
    for column in ("from_place_id", "to_place_id"):
        unknown(column, place_ids, f"unknown place in {column}")
    unknown("unit", ("GB", "GiB"), "unknown unit; transfer is priced per GB or GiB")
    unknown("confidence", CONFIDENCES, f"unknown confidence; expected one of {list(CONFIDENCES)}")
    refuse(transfers, "transfers", pico_usd_of(transfers.column("unit_price")) < 0, "negative price")
    same = pc.equal(transfers.column("from_place_id"), transfers.column("to_place_id")).to_numpy()
    refuse(transfers, "transfers", same, "a place to itself is free by definition and needs no row")
    _refuse_duplicates(transfers, "transfers", ("from_place_id", "to_place_id"))


def _check_round_trips(round_trips: pa.Table, place_ids: list[str]) -> None:
    unknown = _unknown(round_trips, "round_trips")
    for column in ("from_place_id", "to_place_id"):
        unknown(column, place_ids, f"unknown place in {column}")
    average_ms = floats_of(round_trips.column("average_ms"))
    refuse(round_trips, "round_trips", ~(average_ms > 0), "a measured round trip must be above 0 ms")
    _refuse_duplicates(round_trips, "round_trips", ("from_place_id", "to_place_id"))


def _unknown(table: pa.Table, name: str) -> Callable[[str, tuple[str, ...] | list[str], str], None]:
    def refuse_unknown(column: str, vocabulary: tuple[str, ...] | list[str], reason: str) -> None:
        refuse(table, name, codes_of(table.column(column), vocabulary) < 0, reason)

    return refuse_unknown


def _refuse_nulls(table: pa.Table, name: str) -> None:
    for field in TABLES[name]:
        column = table.column(field.name)
        if not field.nullable and column.null_count:
            refuse(table, name, pc.is_null(column).to_numpy(), f"{field.name} is empty")


def _refuse_duplicates(table: pa.Table, name: str, columns: tuple[str, ...]) -> None:
    key = np.zeros(table.num_rows, dtype=np.int64)
    for column in columns:
        vocabulary = vocabulary_of(table.column(column))
        key = key * len(vocabulary) + codes_of(table.column(column), vocabulary)
    seen_again = np.ones(len(key), dtype=np.bool_)
    seen_again[np.unique(key, return_index=True)[1]] = False
    refuse(table, name, seen_again, f"the same {' and '.join(columns)} stands in an earlier row")
