"""Columns of the table format as arrays of the problem; a row that cannot be read is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.errors import InvalidProblem
from optimizer.exchange.schemas import MOST_COUNTED, money
from optimizer.problem.problem import DISTINCT_ATTRIBUTES
from optimizer.units import micro_usd_exactly


def codes_of(index: pd.Index[Any], names: Any, path: str) -> npt.NDArray[np.int64]:
    """Positions of names in an index, ``[row]``."""
    codes = index.get_indexer(names).astype(np.int64)
    if (codes < 0).any():
        missing = int(np.flatnonzero(codes < 0)[0])
        raise InvalidProblem(f"row {missing}: {names.iloc[missing]!r} is not known", path=path)
    return codes


def option_codes(key: pd.MultiIndex, node_index: pd.Index[Any], uses: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Option indices of the uses, ``[use]``; ``key`` holds (node code, option id) of every option."""
    owner = codes_of(node_index, uses["node"], "$.uses.node")
    codes: npt.NDArray[np.int64] = key.get_indexer(pd.MultiIndex.from_arrays([owner, uses["option"]])).astype(np.int64)
    if (codes < 0).any():
        missing = int(np.flatnonzero(codes < 0)[0])
        raise InvalidProblem(
            f"row {missing}: option {uses['option'].iloc[missing]!r} is not known", path="$.uses.option"
        )
    for row in np.flatnonzero(uses.duplicated(["node", "option", "resource"]).to_numpy()):
        used = uses.iloc[row]
        raise InvalidProblem(
            f"row {row}: {used['resource']!r} of option {used['option']!r} stands twice", path="$.uses"
        )
    return codes


def kinds_of(kinds: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """True for datasets, bool ``[node]``."""
    for row in np.flatnonzero(~kinds.isin(["workload", "dataset"]).to_numpy()):
        raise InvalidProblem(f"row {row}: {kinds.iloc[row]!r}; expected workload or dataset", path="$.nodes.kind")
    return (kinds == "dataset").to_numpy(np.bool_)


def distinct_codes(names: pd.Series[Any]) -> npt.NDArray[np.int8]:
    """Codes into ``DISTINCT_ATTRIBUTES``; null means place."""
    codes = pd.Index(DISTINCT_ATTRIBUTES).get_indexer(pd.Index(names.fillna("place")))
    for row in np.flatnonzero(codes < 0):
        raise InvalidProblem(
            f"row {row}: {names.iloc[row]!r}; expected one of {list(DISTINCT_ATTRIBUTES)}",
            path="$.nodes.copies_distinct",
        )
    return codes.astype(np.int8)


def current_codes(nodes: pd.DataFrame, option_key: pd.MultiIndex) -> npt.NDArray[np.int64]:
    """Option index that each node runs on today, -1 where null, ``[node]``."""
    running = nodes["current"].notna().to_numpy()
    wanted = pd.MultiIndex.from_arrays([np.flatnonzero(running), nodes["current"][running]])
    codes = option_key.get_indexer(wanted) if running.any() else np.zeros(0, dtype=np.int64)
    for position in np.flatnonzero(codes < 0):
        row = int(np.flatnonzero(running)[position])
        raise InvalidProblem(
            f"row {row}: {nodes['current'].iloc[row]!r} is not an option of {nodes['id'].iloc[row]!r}",
            path="$.nodes.current",
        )
    current = np.full(len(nodes), -1, dtype=np.int64)
    current[running] = codes
    return current


def micro_amounts(amounts: pd.Series[Any], path: str) -> npt.NDArray[np.int64]:
    """Whole micro-USD; what the JSON format refuses is refused here too."""
    micro = np.empty(len(amounts), dtype=np.int64)
    for row, amount in enumerate(amounts):
        try:
            micro[row] = micro_usd_exactly(money(amount))
        except ValueError as error:
            raise InvalidProblem(f"row {row}: {error} (found {amount!r})", path=path) from error
    return micro


def numbers(amounts: pd.Series[Any], path: str, *, null: bool = False) -> npt.NDArray[np.float64]:
    """Numbers as float64; with ``null``, missing ones become NaN."""
    for row in np.flatnonzero(_not_numbers(amounts) & ~(amounts.isna().to_numpy() & null)):
        raise InvalidProblem(f"row {row}: {amounts.iloc[row]!r} is not a number", path=path)
    return pd.to_numeric(amounts).to_numpy(np.float64, na_value=np.nan)


def copies_of(amounts: pd.Series[Any], path: str) -> npt.NDArray[np.int64]:
    """How many options each node takes, ``[node]``; null means one."""
    taken = numbers(amounts, path, null=True)
    taken = np.where(np.isnan(taken), 1.0, taken)
    for row in np.flatnonzero((taken != np.floor(taken)) | (taken < 1) | (taken > MOST_COUNTED)):
        raise InvalidProblem(f"row {row}: {amounts.iloc[row]} is not a number of copies, 1 or more", path=path)
    return taken.astype(np.int64)


def names_of(names: pd.Series[Any], path: str) -> tuple[str, ...]:
    """Ids as text; nulls, empty ones and numbers are refused as in the JSON format."""
    for row, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise InvalidProblem(f"row {row}: {name!r} is not a name; expected text that is not empty", path=path)
    return tuple(names)


def _not_numbers(amounts: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    if pd.api.types.is_bool_dtype(amounts):
        return np.ones(len(amounts), dtype=np.bool_)
    return pd.to_numeric(amounts, errors="coerce").isna().to_numpy(np.bool_)
