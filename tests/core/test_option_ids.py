"""Option ids as a column of text: what a tuple of strings would answer, also across the blocks that it works in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.problem.option_ids import BLOCK, OptionIds

names = st.text(max_size=3)
nodes_with_ids = st.lists(st.lists(names, max_size=6), min_size=1, max_size=6)


def starts_of(ids_of_nodes: list[list[str]]) -> np.ndarray:
    return np.cumsum([0, *(len(ids) for ids in ids_of_nodes)])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(nodes_with_ids, st.integers(0, 10))
def test_ids_are_a_sequence_of_the_strings_that_they_were_made_of(ids_of_nodes: list[list[str]], cut: int) -> None:
    flat = [name for ids in ids_of_nodes for name in ids]
    chunked = pa.chunked_array([pa.array(flat[:cut], pa.string()), pa.array(flat[cut:], pa.string())])
    for ids in (OptionIds(flat), OptionIds(chunked)):
        assert (list(ids), len(ids), ids[1:-1]) == (flat, len(flat), tuple(flat[1:-1]))
        assert [ids[at] for at in range(-len(flat), len(flat))] == flat + flat
        assert ids.named(np.arange(len(flat))[::-1]) == flat[::-1]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(nodes_with_ids, st.data())
def test_an_option_is_found_by_node_and_id(ids_of_nodes: list[list[str]], data: st.DataObject) -> None:
    unique = [list(dict.fromkeys(ids)) for ids in ids_of_nodes]
    start = starts_of(unique)
    known = {(node, name): int(start[node]) + at for node, ids in enumerate(unique) for at, name in enumerate(ids)}
    asked = data.draw(st.lists(st.tuples(st.integers(0, len(unique) - 1), names), max_size=12))
    asked += data.draw(st.permutations(list(known)))
    found = OptionIds(name for ids in unique for name in ids).find(
        start, np.array([node for node, _ in asked], dtype=np.int32), [name for _, name in asked]
    )
    assert found.tolist() == [known.get(pair, -1) for pair in asked]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(nodes_with_ids)
def test_the_first_id_that_stands_twice_at_a_node_is_told(ids_of_nodes: list[list[str]]) -> None:
    start = starts_of(ids_of_nodes)
    repeats = [
        int(start[node]) + at
        for node, ids in enumerate(ids_of_nodes)
        for at, name in enumerate(ids)
        if name in ids[:at]
    ]
    found = OptionIds(name for ids in ids_of_nodes for name in ids).first_repeated(start)
    assert found == (repeats[0] if repeats else None)


@pytest.mark.parametrize("options", [(5, BLOCK + 3, 0, 7), (BLOCK, BLOCK), (BLOCK // 2 + 1,) * 5])
def test_nodes_on_both_sides_of_a_block_are_found_and_a_late_repeat_is_seen(options: tuple[int, ...]) -> None:
    ids_of_nodes = [[f"{at}" for at in range(count)] for count in options]
    start = starts_of(ids_of_nodes)
    ids = OptionIds(name for ids in ids_of_nodes for name in ids)
    nodes = np.repeat(np.arange(len(options)), options)[::-1]
    assert ids.first_repeated(start) is None
    assert ids.find(start, nodes, list(ids)[::-1]).tolist() == list(range(len(ids)))[::-1]
    assert ids.find(start, np.array([len(options) - 1]), ["x"]).tolist() == [-1]
    flat = list(ids)
    repeated = OptionIds([*flat[:-1], flat[-2]])
    assert repeated.first_repeated(start) == len(flat) - 1
