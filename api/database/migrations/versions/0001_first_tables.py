"""The first tables: runs and their answers, recommendations, decisions, workers.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Decisions are history: the database itself refuses to change or delete them.
APPEND_ONLY_TRIGGERS = tuple(
    f"CREATE TRIGGER decision_no_{verb} BEFORE {verb.upper()} ON decision "
    "BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END"
    for verb in ("update", "delete")
)


def upgrade() -> None:
    """Apply."""
    _create_run_tables()
    _create_answer_tables()
    _create_review_tables()
    _create_worker_table()
    if op.get_bind().dialect.name == "sqlite":
        for trigger in APPEND_ONLY_TRIGGERS:
            op.execute(trigger)


def downgrade() -> None:
    """Take back."""
    for table in (
        "worker",
        "decision",
        "recommendation",
        "advice",
        "forecast_month",
        "dropped_candidates",
        "rule_price",
        "ledger_line",
        "run_stage",
        "idempotency_key",
        "run",
    ):
        op.drop_table(table)


def _create_run_tables() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("estate", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=True),
        sa.Column("logical_on", sa.Date(), nullable=True),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("policy_toml", sa.String(), nullable=True),
        sa.Column("time_limit_seconds", sa.Float(), nullable=False),
        sa.Column("gap_ratio", sa.Float(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost_attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answer_id", sa.String(), nullable=True),
        sa.Column("input_fingerprint", sa.String(), nullable=True),
        sa.Column("price_snapshot_id", sa.String(), nullable=True),
        sa.Column("data_as_of_on", sa.Date(), nullable=True),
        sa.Column("annual_baseline_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("annual_plan_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("one_off_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("unpriced_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("unmatched_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("objective_monthly_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("lower_bound_monthly_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("payback_months", sa.Float(), nullable=True),
        sa.Column("gap_ratio_proved", sa.Float(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("not_solved_reason", sa.String(), nullable=True),
        sa.Column("conflict", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("compliance_gaps", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("solver", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("forecast_method", sa.String(), nullable=True),
        sa.Column("forecast_payback_month", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status in ('queued', 'running', 'succeeded', 'infeasible', 'not_solved', 'failed', 'cancelled')",
            name="status_known",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("schedule", "logical_on", name="uq_run_schedule_logical_on"),
    )
    op.create_index("ix_run_listing", "run", ["requested_at", "id"])
    op.create_index("ix_run_queue", "run", ["status", "requested_at", "id"])
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "run_stage",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("count_in", sa.Integer(), nullable=False),
        sa.Column("count_out", sa.Integer(), nullable=False),
        sa.Column("count_dropped", sa.Integer(), nullable=False),
        sa.Column("input_fingerprint", sa.String(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("run_id", "attempt", "ordinal"),
    )


def _create_answer_tables() -> None:
    op.create_table(
        "ledger_line",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("baseline_monthly_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("plan_monthly_micro_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", "ordinal"),
    )
    op.create_table(
        "rule_price",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("rule_type", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("binding", sa.Boolean(), nullable=False),
        sa.Column("low_monthly_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("expected_monthly_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("high_monthly_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", "ordinal"),
    )
    op.create_table(
        "dropped_candidates",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("filter_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("nodes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", "ordinal"),
    )
    op.create_table(
        "forecast_month",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("baseline_p10_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("baseline_p50_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("baseline_p90_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("plan_p10_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("plan_p50_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("plan_p90_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("cumulative_net_saving_p50_micro_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", "ordinal"),
    )
    op.create_table(
        "advice",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("recommendation_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("action_type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("business_unit", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("saving_monthly_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("payback_months", sa.Float(), nullable=True),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("answer_id", "recommendation_id"),
    )


def _create_review_tables() -> None:
    op.create_table(
        "recommendation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("estate", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("pending_answer_id", sa.String(), nullable=True),
        sa.Column("in_latest_run", sa.Boolean(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("action_type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("business_unit", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("saving_monthly_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("payback_months", sa.Float(), nullable=True),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deferred_until", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("superseded_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'approved', 'deferred', 'dismissed', 'superseded', 'expired')",
            name="state_known",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_recommendation_saving", "recommendation", ["estate", "saving_monthly_micro_usd", "id"])
    op.create_index("ix_recommendation_target", "recommendation", ["estate", "target_key"])
    op.create_table(
        "decision",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("recommendation_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("state_before", sa.String(), nullable=False),
        sa.Column("state_after", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recommendation_id"], ["recommendation.id"]),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_decision_recommendation_id", "decision", ["recommendation_id"])


def _create_worker_table() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_worker_seen_at", "worker", ["seen_at"])
