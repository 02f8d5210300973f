"""Who was erased: keyed ids alone, so that what comes in again can be told and refused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "erasures",
        sa.Column("user_key", sa.String(40), primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("done_at", sa.String(40), nullable=True),
    )
    op.create_table(
        "erased_marks",
        sa.Column("mark", sa.String(40), primary_key=True),
        sa.Column("user_key", sa.String(40), nullable=False),
    )
