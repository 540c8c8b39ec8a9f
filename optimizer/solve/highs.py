"""HiGHS through OR-Tools MathOpt, fed in bulk."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from optimizer.solve.limits import LEAST_SECONDS
from optimizer.solve.linear_program import LinearProgram

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

Verdict = Literal["optimal", "feasible", "infeasible", "nothing_found"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProgramAnswer:
    """``values`` float64 ``[column]`` when a point was found; ``bound`` (USD) is below every feasible point's cost."""

    verdict: Verdict
    values: npt.NDArray[np.float64] | None
    bound: float


def run_highs(
    program: LinearProgram, *, time_limit_seconds: float, relative_gap: float, absolute_gap_usd: float, seed: int
) -> ProgramAnswer:
    """Solve a program on one thread, which keeps the answer the same for the same seed.

    That nothing is feasible is believed only when HiGHS says it a second time without its presolve.

    Raises:
        RuntimeError: HiGHS refused the program, with its own words.
    """
    # OR-Tools takes most of a second to import, and commands that do not solve must not wait for it.
    from ortools.math_opt.python import mathopt

    parameters = mathopt.SolveParameters(
        time_limit=datetime.timedelta(seconds=max(time_limit_seconds, LEAST_SECONDS)),
        random_seed=seed,
        relative_gap_tolerance=relative_gap,
        absolute_gap_tolerance=absolute_gap_usd,
    )
    parameters.highs.string_options["parallel"] = "off"
    model = mathopt.Model.from_model_proto(_proto(program))
    answer = _answer(model, parameters)
    if answer.verdict == "infeasible":
        parameters.presolve = mathopt.Emphasis.OFF
        answer = _answer(model, parameters)
    return answer


def _answer(model: mathopt.Model, parameters: mathopt.SolveParameters) -> ProgramAnswer:
    from ortools.math_opt.python import mathopt

    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    reason = result.termination.reason
    if reason in (mathopt.TerminationReason.INFEASIBLE, mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED):
        return ProgramAnswer(verdict="infeasible", values=None, bound=float("inf"))
    bound = float(result.termination.objective_bounds.dual_bound)
    if not result.has_primal_feasible_solution():
        if reason != mathopt.TerminationReason.NO_SOLUTION_FOUND:
            raise RuntimeError(f"HiGHS stopped with {reason}: {result.termination.detail}")
        return ProgramAnswer(verdict="nothing_found", values=None, bound=bound)
    found = np.array(result.variable_values(list(model.variables())), dtype=np.float64)
    verdict: Verdict = "optimal" if reason == mathopt.TerminationReason.OPTIMAL else "feasible"
    return ProgramAnswer(verdict=verdict, values=found, bound=bound)


def _proto(program: LinearProgram):  # type: ignore[no-untyped-def]  # generated protobuf classes carry no types
    from ortools.math_opt import model_pb2

    proto = model_pb2.ModelProto()
    columns, rows = len(program.cost), len(program.row_lower)
    proto.variables.ids.extend(range(columns))
    proto.variables.lower_bounds.extend([0.0] * columns)
    proto.variables.upper_bounds.extend(program.upper.tolist())
    proto.variables.integers.extend(program.integer.tolist())
    paid = np.flatnonzero(program.cost)
    proto.objective.linear_coefficients.ids.extend(paid.tolist())
    proto.objective.linear_coefficients.values.extend(program.cost[paid].tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(program.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(program.row_upper.tolist())
    matrix = program.matrix
    matrix.sort_indices()
    proto.linear_constraint_matrix.row_ids.extend(np.repeat(np.arange(rows), np.diff(matrix.indptr)).tolist())
    proto.linear_constraint_matrix.column_ids.extend(matrix.indices.tolist())
    proto.linear_constraint_matrix.coefficients.extend(matrix.data.tolist())
    return proto
