"""The account of a run's bills, its remarks about them, and failures within a stage.

Revision 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("run", sa.Column("remarks", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("run", sa.Column("bills", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("run_stage", sa.Column("failures", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("run_stage", "failures")
    op.drop_column("run", "bills")
    op.drop_column("run", "remarks")
