"""Rows of runs turned into the bodies that clients see."""

from __future__ import annotations

from api.http.amounts import in_usd, optional_usd
from api.runs.schemas import (
    AnswerBody,
    DroppedBody,
    Failure,
    LedgerLineBody,
    RulePriceBody,
    RunBody,
    StageBody,
)
from api.runs.tables import DroppedCandidatesRow, LedgerLineRow, RulePriceRow, RunRow, RunStageRow


def run_body(run: RunRow) -> RunBody:
    """A run as clients see it."""
    return RunBody.model_validate(
        {
            **run.model_dump(include=set(RunBody.model_fields) - {"failure", "answer"}),
            "failure": Failure.model_validate(run.failure) if run.failure else None,
            "answer": _answer_body(run) if run.answer_id else None,
        }
    )


def _answer_body(run: RunRow) -> AnswerBody:
    figures = run.model_dump(
        include={
            "data_as_of_on", "price_snapshot_id", "input_fingerprint", "payback_months", "verified",
            "not_solved_reason", "solver", "bills",
        }
    )  # fmt: skip
    amounts = {
        "annual_baseline_usd": optional_usd(run.annual_baseline_micro_usd),
        "annual_plan_usd": optional_usd(run.annual_plan_micro_usd),
        "one_off_usd": optional_usd(run.one_off_micro_usd),
        "unpriced_usd": optional_usd(run.unpriced_micro_usd),
        "unmatched_usd": optional_usd(run.unmatched_micro_usd),
        "objective_monthly_usd": optional_usd(run.objective_monthly_micro_usd),
        "lower_bound_monthly_usd": optional_usd(run.lower_bound_monthly_micro_usd),
    }
    gaps = {"conflict": run.conflict or [], "compliance_gaps": run.compliance_gaps or [], "remarks": run.remarks or []}
    return AnswerBody.model_validate({**figures, **amounts, **gaps, "gap_ratio": run.gap_ratio_proved})


def stage_body(stage: RunStageRow) -> StageBody:
    """A stage as clients see it."""
    return StageBody.model_validate({**stage.model_dump(), "failures": stage.failures or []})


def ledger_line_body(line: LedgerLineRow) -> LedgerLineBody:
    """A cost term as clients see it."""
    return LedgerLineBody.model_validate(in_usd(line.model_dump()))


def rule_price_body(rule: RulePriceRow) -> RulePriceBody:
    """A rule's price as clients see it."""
    return RulePriceBody.model_validate(in_usd(rule.model_dump()))


def dropped_body(dropped: DroppedCandidatesRow) -> DroppedBody:
    """Dropped candidates as clients see them."""
    return DroppedBody.model_validate(dropped.model_dump())
