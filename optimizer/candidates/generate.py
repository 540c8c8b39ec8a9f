"""From an estate, a price book and a policy to every candidate worth showing the solver, place by place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.assemble import assembled
from optimizer.candidates.block import Block, joined
from optimizer.candidates.candidate_set import CandidateSet
from optimizer.candidates.context import Context
from optimizer.candidates.filters import FILTERS
from optimizer.candidates.judged import Judge, Judged
from optimizer.candidates.nodes import nodes_of
from optimizer.candidates.one_off import with_one_off
from optimizer.candidates.places import place_grid
from optimizer.candidates.stay import stay_block
from optimizer.candidates.storage.datasets import dataset_blocks
from optimizer.candidates.storage.todays import dataset_groups
from optimizer.candidates.tally import Tally
from optimizer.candidates.vocabulary import Names
from optimizer.candidates.workloads import demands_by_role, workload_blocks
from optimizer.domain.estate import Estate
from optimizer.domain.policy import Policy
from optimizer.pricing import PriceBook

_NO_CONTRACT: Final[Mapping[str, Decimal]] = MappingProxyType({})


def generate_candidates(
    estate: Estate, prices: PriceBook, policy: Policy, *, contracted_ratio: Mapping[str, Decimal] = _NO_CONTRACT
) -> CandidateSet:
    """Every candidate of every workload, dataset and demanded recovery copy.

    Candidates are at list price; ``contracted_ratio`` (by service, 0.88 = twelve percent below list) says where the
    company is known to pay less. *Stay* is the first candidate of what exists, at its billed effective cost. A missing
    price drops the candidate and is counted. The same inputs give the same set, in the same order.

    Raises:
        UnknownPlace: the price book does not know a place of the estate or the policy.
    """
    grid, names = place_grid(estate, policy, prices), Names()
    context = Context(
        estate=estate,
        prices=prices,
        policy=policy,
        grid=grid,
        nodes=nodes_of(estate, policy, grid, names),
        names=names,
        contracted_ratio=contracted_ratio,
    )
    demands, groups = demands_by_role(context), dataset_groups(context)
    stays = stay_block(context, demands, groups)
    tally = Tally(context)
    judge = Judge(context, FILTERS, tally)
    judged: list[Judged] = []
    for place_code in range(len(grid.places)):
        offers = [*workload_blocks(context, demands, place_code), *dataset_blocks(context, groups, place_code)]
        block = joined([_at(stays.block, place_code), _open_to(context, joined(offers), place_code)])
        judged.append(judge.judge(with_one_off(context, block)))
    return assembled(context, judged, stays, tally)


def _at(stays: Block, place_code: int) -> Block:
    return stays.where(stays.place == place_code)


def _open_to(context: Context, block: Block, place_code: int) -> Block:
    """At a place that the policy does not list, only what is there today has candidates."""
    if context.grid.is_candidate[place_code]:
        return block
    is_there: npt.NDArray[np.bool_] = context.nodes.place[block.node] == place_code
    return block.where(is_there)
