"""Rates of requests, and requests that are made once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_rates",
        sa.Column(
            "user_id",
            sa.String(36),
            sa.ForeignKey("accounts.user_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("empty_at", sa.Double, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column(
            "user_id",
            sa.String(36),
            sa.ForeignKey("accounts.user_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.LargeBinary),
    )


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_table("request_rates")
