"""Columns of the table format as arrays of the problem; a row that cannot be read is named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.errors import InvalidProblem
from optimizer.exchange.schemas import MOST_COUNTED
from optimizer.problem.arrow import Column, text_array, values_of
from optimizer.problem.option_ids import OptionIds
from optimizer.problem.problem import DISTINCT_ATTRIBUTES

NUMBER_PATTERN: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def text_of(column: Column) -> Column:
    """The column as text, null where it is not text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if is_text(column.type):
        return column.cast(pa.string())
    return pa.chunked_array([pa.nulls(len(column), pa.string())])


def is_text(kind: pa.DataType) -> bool:
    """Whether values of an Arrow type are text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def names_of(column: Column, path: str) -> Column:
    """Ids as text; nulls, empty ones and numbers are refused as in the JSON format."""
    names = text_of(column)
    for row in np.flatnonzero(values_of(pc.binary_length(names)) == 0).tolist():
        raise InvalidProblem(
            f"row {row}: {column[row].as_py()!r} is not a name; expected text that is not empty", path=path
        )
    return names


def vocabulary_of(column: Column, path: str) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """The different names, sorted, and the position of each row's name among them."""
    names = names_of(column, path)
    vocabulary = tuple(sorted(str(name) for name in names.unique().to_pylist()))
    return vocabulary, _positions(vocabulary, names)


def codes_of(known: Iterable[str], column: Column, path: str, expected: str = " is not known") -> npt.NDArray[np.int32]:
    """Positions of names among the known ones, ``[row]``."""
    codes = _positions(known, column)
    for row in np.flatnonzero(codes < 0).tolist():
        raise InvalidProblem(f"row {row}: {column[row].as_py()!r}{expected}", path=path)
    return codes


def _positions(known: Iterable[str], column: Column) -> npt.NDArray[np.int32]:
    """Positions of names among the known ones, -1 for what is not among them, ``[row]``."""
    return values_of(pc.index_in(text_of(column), value_set=text_array(known)), null=-1)


def kinds_of(column: Column) -> npt.NDArray[np.bool_]:
    """True for datasets, bool ``[node]``."""
    codes = codes_of(("workload", "dataset"), column, "$.nodes.kind", "; expected workload or dataset")
    return codes.astype(np.bool_)


def distinct_codes(column: Column) -> npt.NDArray[np.int8]:
    """Codes into ``DISTINCT_ATTRIBUTES``; null means place."""
    codes = np.where(
        values_of(column.is_null()), DISTINCT_ATTRIBUTES.index("place"), _positions(DISTINCT_ATTRIBUTES, column)
    )
    for row in np.flatnonzero(codes < 0).tolist():
        raise InvalidProblem(
            f"row {row}: {column[row].as_py()!r}; expected one of {list(DISTINCT_ATTRIBUTES)}",
            path="$.nodes.copies_distinct",
        )
    return codes.astype(np.int8)


def current_codes(
    current: Column, node_ids: tuple[str, ...], ids: OptionIds, node_start: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Option index that each node runs on today, -1 where null, ``[node]``."""
    codes = ids.find(node_start, np.arange(len(node_ids)), text_of(current))
    for row in np.flatnonzero((codes < 0) & values_of(current.is_valid())).tolist():
        raise InvalidProblem(
            f"row {row}: {current[row].as_py()!r} is not an option of {node_ids[row]!r}", path="$.nodes.current"
        )
    return codes


def option_codes(
    owner: npt.NDArray[np.int32], column: Column, ids: OptionIds, node_start: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    """Option indices of the uses, ``[use]``; ``owner`` holds the node of each."""
    codes = ids.find(node_start, owner, text_of(column))
    for row in np.flatnonzero(codes < 0).tolist():
        raise InvalidProblem(f"row {row}: option {column[row].as_py()!r} is not known", path="$.uses.option")
    return codes.astype(np.int32)


def refuse_repeated_uses(
    option: npt.NDArray[np.int32], resource: npt.NDArray[np.int32], ids: OptionIds, resources: tuple[str, ...]
) -> None:
    """A resource that an option uses twice is refused."""
    cell = option * np.int64(len(resources)) + resource
    if (cell[1:] > cell[:-1]).all():
        return
    _, first_uses = np.unique(cell, return_index=True)
    for row in np.setdiff1d(np.arange(len(cell)), first_uses).tolist():
        used = f"{resources[resource[row]]!r} of option {ids[option[row]]!r}"
        raise InvalidProblem(f"row {row}: {used} stands twice", path="$.uses")


def numbers(column: Column, path: str, *, null: bool = False) -> npt.NDArray[np.float64]:
    """Numbers as float64; with ``null``, missing ones become NaN."""
    amounts = _float64(column)
    refused = np.isnan(amounts)
    if null:
        refused &= ~values_of(column.is_null(nan_is_null=True))
    for row in np.flatnonzero(refused).tolist():
        raise InvalidProblem(f"row {row}: {column[row].as_py()!r} is not a number", path=path)
    return amounts


def _float64(column: Column) -> npt.NDArray[np.float64]:
    """The numbers, NaN where there is none, ``[row]``."""
    kind = column.type
    if is_text(kind):
        nothing = pa.chunked_array([pa.nulls(len(column), kind)])
        column = pc.if_else(pc.match_substring_regex(column, NUMBER_PATTERN), column, nothing)
    elif pa.types.is_boolean(kind) or not (pa.types.is_primitive(kind) or pa.types.is_null(kind)):
        return np.full(len(column), np.nan)
    return values_of(column.cast(pa.float64(), safe=False), null=np.nan)


def copies_of(column: Column, path: str) -> npt.NDArray[np.int64]:
    """How many options each node takes, ``[node]``; null means one."""
    taken = numbers(column, path, null=True)
    taken = np.where(np.isnan(taken), 1.0, taken)
    for row in np.flatnonzero((taken != np.floor(taken)) | (taken < 1) | (taken > MOST_COUNTED)).tolist():
        raise InvalidProblem(f"row {row}: {column[row].as_py()} is not a number of copies, 1 or more", path=path)
    return taken.astype(np.int64)
