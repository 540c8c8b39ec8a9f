"""The ladder: estates of any size over real places and list prices, the same for the same spec, always feasible.

Applications of lognormal size hold workloads and datasets; workloads read mostly their own application's datasets and
now and then a hub's; residency, services and consumers narrow where a node may be; everything runs somewhere today.
A witness plan calibrates quotas, budget and share so that they bind and can be kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from optimizer.exchange.tables import ProblemTables, problem_from_tables
from optimizer.problem.problem import Problem
from tests.benchmarks.ladder.estate import draw_estate
from tests.benchmarks.ladder.market import open_market
from tests.benchmarks.ladder.options import VARIANTS, price_options
from tests.benchmarks.ladder.rules import limit_flows, state_rules
from tests.benchmarks.ladder.spec import LadderSpec
from tests.benchmarks.ladder.tables import node_names, option_names, problem_tables
from tests.benchmarks.ladder.today import draw_today
from tests.benchmarks.ladder.witness import find_witness

__all__ = ["LadderSpec", "Rung", "ladder", "ladder_problem", "write_rung"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rung:
    """A problem as tables and the choices (node id to option ids) of a plan that keeps its rules."""

    tables: ProblemTables
    witness: dict[str, list[str]]


def ladder(spec: LadderSpec) -> Rung:
    """The rung that a spec asks for."""
    rng = np.random.default_rng(spec.seed)
    market = open_market(spec.places)
    estate = draw_estate(rng, spec.workloads, market)
    today = draw_today(rng, estate, market)
    options = price_options(rng, estate, market, today)
    witness = find_witness(estate, market, today, options, spec.quotas)
    limit_ms = limit_flows(rng, estate, market, witness, options)
    names = node_names(estate)
    rules = state_rules(rng, estate, market, witness, options, names)
    taken, ids = witness.taken, option_names(market)
    chosen: dict[str, list[str]] = {name: [] for name in names}
    for node, option in zip(
        options.node[taken].tolist(), (options.place * len(VARIANTS) + options.variant)[taken].tolist(), strict=True
    ):
        chosen[names[node]].append(ids[option])
    return Rung(tables=problem_tables(estate, market, options, limit_ms, rules, names), witness=chosen)


def ladder_problem(spec: LadderSpec) -> Problem:
    """The rung as a problem."""
    return problem_from_tables(ladder(spec).tables)


def write_rung(spec: LadderSpec, folder: Path) -> None:
    """Write the rung to a new folder that ``placement solve`` reads.

    Raises:
        FileExistsError: the folder is already there.
    """
    folder.mkdir(parents=True)
    stated = ladder(spec).tables
    for name, table in stated.tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    (folder / "rules.json").write_text(json.dumps(stated.rules))
    (folder / "problem.json").write_text(json.dumps(stated.head))
