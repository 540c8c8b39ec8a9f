"""Independent parts of a program: columns that no chain of rows connects are solved apart, and bounds add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from optimizer.solve.linear_program import Ints, LinearProgram


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """A part of a program and the columns it came from."""

    program: LinearProgram
    column: Ints


def split(program: LinearProgram) -> Iterator[Block]:
    """The blocks of a program, largest first."""
    matrix = program.matrix
    rows = matrix.shape[0]
    row, column = matrix.nonzero()
    size = sum(matrix.shape)
    graph = sparse.csr_matrix((np.ones(len(row), dtype=np.int8), (row, rows + column)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    row_label, column_label = label[:rows], label[rows:]
    row_order, column_order = np.argsort(row_label, kind="stable"), np.argsort(column_label, kind="stable")
    labels, sizes = np.unique(column_label, return_counts=True)
    for block in labels[np.argsort(-sizes, kind="stable")].tolist():
        mine = column_order[slice(*np.searchsorted(column_label[column_order], [block, block + 1]))]
        my_rows = row_order[slice(*np.searchsorted(row_label[row_order], [block, block + 1]))]
        part = LinearProgram(
            cost=program.cost[mine],
            upper=program.upper[mine],
            integer=program.integer[mine],
            matrix=matrix[my_rows][:, mine].tocsr(),
            row_lower=program.row_lower[my_rows],
            row_upper=program.row_upper[my_rows],
        )
        yield Block(program=part, column=mine)
