"""Exact reduction: options that no optimal plan needs are left out before anything is solved.

Of two options of one node in one place, the first makes the second needless when it costs no more and weighs no more
in any row (all rows are ``<=``). Flows, charges by place, groups and pair limits see only the place, so nothing else
distinguishes them; a charge that covers only one of the two counts as a difference.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.model.placement_model import PlacementModel


def needed_options(model: PlacementModel) -> npt.NDArray[np.int64]:
    """Option indices to keep, ascending; at least one optimal plan uses only these."""
    kept = np.flatnonzero(model.admissible)
    cell = model.option_node[kept] * (int(model.option_place.max(initial=0)) + 1) + model.option_place[kept]
    order = np.lexsort((kept, model.unary_micro_usd[kept], cell))
    kept, cell = kept[order], cell[order]
    weights = option_weights(model)
    weightless = np.diff(weights.indptr)[kept] == 0
    first = np.ones(len(kept), dtype=np.bool_)
    first[1:] = cell[1:] != cell[:-1]
    start = np.flatnonzero(first)
    length = np.diff(np.append(start, len(kept)))
    keep = first.copy()
    all_weightless = np.minimum.reduceat(weightless, start) if len(start) else np.zeros(0, dtype=np.bool_)
    for at, size in zip(start[(length > 1) & ~all_weightless], length[(length > 1) & ~all_weightless], strict=True):
        members = np.arange(at, at + size)
        keep[members] = _undominated(weights[kept[members]].toarray())
    return np.sort(kept[keep])


def _undominated(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which rows of ``[option, row]`` no earlier (cheaper or equal) option is below everywhere."""
    keep = np.ones(len(weights), dtype=np.bool_)
    for later in range(1, len(weights)):
        earlier = weights[:later][keep[:later]]
        keep[later] = not (earlier <= weights[later]).all(axis=1).any()
    return keep


def option_weights(model: PlacementModel) -> sparse.csr_matrix:
    """What each option weighs in each row and in each charge that splits a place, ``[option, row or charge]``."""
    partial = [charge.option for charge in model.charges if not _is_whole(model, charge.option)]
    return sparse.csr_matrix(sparse.hstack([row_weights(model), covered_by(model, partial)]))


def row_weights(model: PlacementModel) -> sparse.csr_matrix:
    """What each option weighs in each row, ``[option, row]``."""
    sets = [(row.option, row.coefficient) for row in model.rows]
    return _columns(model, sets)


def covered_by(model: PlacementModel, sets: list[npt.NDArray[np.int64]]) -> sparse.csr_matrix:
    """1 where an option is in a set of options, ``[option, set]``."""
    return _columns(model, [(option, np.ones(len(option))) for option in sets])


def _columns(
    model: PlacementModel, sets: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]
) -> sparse.csr_matrix:
    shape = (len(model.option_node), len(sets))
    if not sets:
        return sparse.csr_matrix(shape)
    option = np.concatenate([entry[0] for entry in sets])
    column = np.repeat(np.arange(len(sets)), [len(entry[0]) for entry in sets])
    value = np.concatenate([entry[1] for entry in sets])
    return sparse.csr_matrix((value, (option, column)), shape=shape)


def _is_whole(model: PlacementModel, option: npt.NDArray[np.int64]) -> bool:
    """Whether a set of options is all options of some places: then it tells no two options of one place apart."""
    covered = np.isin(model.option_place, np.unique(model.option_place[option]))
    return int(covered.sum()) == len(option)
