"""Ids of options: millions of them, so a column of text and no Python strings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from optimizer.problem.arrow import Column, array_of, text_array, values_of

BLOCK: Final = 16_384
"""Ids hashed at a time: a table of so many stays in the processor's cache, nine times as fast as one of all."""


class OptionIds(Sequence[str]):
    """Ids by option index. An id of n bytes takes n + 4; as a Python string it would take n + 57.

    >>> ids = OptionIds(["stay", "go", "stay"])
    >>> ids[1], ids.named(np.array([2, 1])), ids.first_repeated(np.array([0, 2, 3]))
    ('go', ['stay', 'go'], None)
    """

    __slots__ = ("column",)

    def __init__(self, ids: Iterable[str] | Column) -> None:
        self.column = ids if isinstance(ids, pa.ChunkedArray) else pa.chunked_array([text_array(ids)])

    def __len__(self) -> int:
        return len(self.column)

    @overload
    def __getitem__(self, option: int) -> str: ...
    @overload
    def __getitem__(self, option: slice) -> tuple[str, ...]: ...
    def __getitem__(self, option: int | slice) -> str | tuple[str, ...]:
        if isinstance(option, slice):
            return tuple(self.named(np.arange(len(self))[option]))
        return str(self.column[int(option)].as_py())

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.blocks())

    def blocks(self) -> Iterator[list[str]]:
        """All ids in order, ``BLOCK`` at a time."""
        for first in range(0, len(self), BLOCK):
            yield _strings(self.column.slice(first, BLOCK))

    def named(self, options: npt.NDArray[np.integer]) -> list[str]:
        """Ids of the options, in their order."""
        return _strings(self.column.take(array_of(options)))

    def first_repeated(self, node_start: npt.NDArray[np.int64]) -> int | None:
        """The first option whose id an earlier option of its node has; None when ids are unique within nodes."""
        for nodes in _blocks_of_nodes(node_start):
            first, last = node_start[nodes.start], node_start[nodes.stop]
            keys = _keys(self.column.slice(first, last - first), _owners(node_start, nodes))
            _, first_uses = np.unique(keys, return_index=True)
            if len(first_uses) < len(keys):
                repeats = np.ones(len(keys), dtype=np.bool_)
                repeats[first_uses] = False
                return int(first + np.flatnonzero(repeats)[0])
        return None

    def find(
        self, node_start: npt.NDArray[np.int64], nodes: npt.NDArray[np.integer], ids: Iterable[str] | Column
    ) -> npt.NDArray[np.int64]:
        """Option index of each id (which may be null) at its node, -1 where the node has no such option, ``[id]``."""
        wanted = ids if isinstance(ids, pa.ChunkedArray) else pa.chunked_array([text_array(ids)])
        found = np.full(len(nodes), -1, dtype=np.int64)
        if (nodes[1:] < nodes[:-1]).any():
            order = np.argsort(nodes, kind="stable")
            found[order] = self.find(node_start, nodes[order], wanted.take(array_of(order)))
            return found
        asked = np.searchsorted(nodes, np.arange(len(node_start)))
        for block in _blocks_of_nodes(node_start):
            first, last = asked[block.start], asked[block.stop]
            if first < last:
                owner = nodes[first:last] - block.start
                found[first:last] = self._found(node_start, block, owner, wanted.slice(first, last - first))
        return found

    def _found(
        self, node_start: npt.NDArray[np.int64], nodes: range, owner: npt.NDArray[np.integer], wanted: Column
    ) -> npt.NDArray[np.int64]:
        first, last = node_start[nodes.start], node_start[nodes.stop]
        here = self.column.slice(first, last - first)
        both = pa.chunked_array([*here.chunks, *wanted.chunks], pa.string())
        keys = _keys(both, np.concatenate([_owners(node_start, nodes), owner]))
        known, asked = keys[: len(here)], keys[len(here) :]
        order = np.argsort(known)
        at = order[np.minimum(np.searchsorted(known, asked, sorter=order), len(known) - 1)]
        return np.where(known[at] == asked, first + at, -1)


def _strings(column: Column) -> list[str]:
    return [str(name) for name in column.to_pylist()]


def _blocks_of_nodes(node_start: npt.NDArray[np.int64]) -> Iterator[range]:
    """Consecutive nodes with at most ``BLOCK`` options together, one node at least."""
    first, nodes = 0, len(node_start) - 1
    while first < nodes:
        most = int(np.searchsorted(node_start, node_start[first] + BLOCK, side="right")) - 1
        last = max(most, first + 1)
        if node_start[last] > node_start[first]:
            yield range(first, last)
        first = last


def _owners(node_start: npt.NDArray[np.int64], nodes: range) -> npt.NDArray[np.int64]:
    """Node of each option of some nodes, counted from the first of them."""
    return np.repeat(np.arange(len(nodes)), np.diff(node_start[nodes.start : nodes.stop + 1]))


def _keys(ids: Column, owner: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Equal numbers for equal ids of one owner; a null is an id of its own."""
    encoded = pa.concat_arrays(ids.chunks).dictionary_encode()
    different = len(encoded.dictionary) + 1
    keys: npt.NDArray[np.int64] = owner.astype(np.int64) * different
    keys += values_of(encoded.indices, null=different - 1)
    return keys
