"""The whole problem handed to a solver: products of choices spelt out, or the group-flow program."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from optimizer.model.compile import compile_model
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.solve.exact import solve_exactly
from optimizer.solve.highs import run_highs
from optimizer.solve.limits import Limits
from optimizer.solve.linear_program import LinearProgram
from tests.benchmarks.baselines.found import Found
from tests.benchmarks.baselines.products import TooLarge, product_program

SEED: Final = 0


def group_flow_highs(problem: Problem, *, seconds: float) -> Found:
    """The group-flow program in HiGHS, whole and without decomposition or prices."""
    answer = solve_exactly(
        compile_model(problem), limits=Limits(time_limit_seconds=seconds), seed=SEED, clock=time.perf_counter
    )
    plan = None if answer.chosen is None else Plan(chosen=np.sort(answer.chosen))
    return Found(plan=plan, lower_bound_usd=answer.bound_usd)


def naive_highs(problem: Problem, *, seconds: float) -> Found:
    """A variable for every product of two choices (``products``), in HiGHS."""
    try:
        program = product_program(compile_model(problem), whole=False)
    except TooLarge as error:
        return Found(plan=None, reason=str(error))
    answer = run_highs(program, time_limit_seconds=seconds, relative_gap=0.0, absolute_gap_usd=0.0, seed=SEED)
    return Found(plan=_plan(problem, answer.values), lower_bound_usd=answer.bound)


def naive_cp_sat(problem: Problem, *, seconds: float) -> Found:
    """The same with every variable whole, in CP-SAT."""
    from ortools.linear_solver.python import model_builder

    try:
        program = product_program(compile_model(problem), whole=True)
    except TooLarge as error:
        return Found(plan=None, reason=str(error))
    solver = model_builder.Solver("sat")
    solver.set_time_limit_in_seconds(seconds)
    solver.set_solver_specific_parameters(f"num_workers:1,random_seed:{SEED}")
    model = _as_builder(program)
    status = solver.solve(model)
    if status not in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE):
        return Found(plan=None)
    values = np.array(solver.values(model.get_variables()))
    return Found(plan=_plan(problem, values), lower_bound_usd=solver.best_objective_bound)


def _as_builder(program: LinearProgram):  # type: ignore[no-untyped-def]  # OR-Tools carries no types
    from ortools.linear_solver.python import model_builder

    model = model_builder.Model()
    model.helper.fill_model_from_sparse_data(
        np.zeros(len(program.cost)), program.upper, program.cost, program.row_lower, program.row_upper, program.matrix
    )
    for column in np.flatnonzero(program.integer).tolist():
        model.helper.set_var_integrality(column, True)
    return model


def _plan(problem: Problem, values: np.ndarray | None) -> Plan | None:
    """The first columns of the program are the options."""
    return None if values is None else Plan(chosen=np.flatnonzero(values[: len(problem.option_ids)] > 0.5))
