"""What is judged in a review, who has which item of it before them, and notes that are not said yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "reservations",
        sa.Column("review_id", sa.String(80), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reviewer", sa.String(200), primary_key=True),
        sa.Column("until_at", sa.String(40), nullable=True),
        sa.Column("done_at", sa.String(40), nullable=True),
        sa.Column("skipped_at", sa.String(40), nullable=True),
        sa.Column("is_flagged", sa.Boolean, nullable=False),
        sa.Column("draft", sa.Text, nullable=False),
    )
    op.create_table(
        "review_items",
        sa.Column("review_id", sa.String(80), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("cluster_id", sa.String(80), nullable=True),
        sa.Column("detector", sa.String(200), nullable=True),
        sa.Column("target_id", sa.Text, nullable=False),
        sa.Column("n_alike", sa.Integer, nullable=False),
        sa.Column("inclusion_probability", sa.Float, nullable=False),
    )
