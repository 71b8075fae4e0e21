"""Devices that wait to be logged in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_logins",
        sa.Column("device_digest", sa.String(64), primary_key=True),
        sa.Column("user_digest", sa.String(64), nullable=False, unique=True),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("scope_names", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("decision", sa.String(8)),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("accounts.user_id", ondelete="CASCADE")),
    )
    op.create_index("ix_device_logins_expires_at", "device_logins", ["expires_at"])


def downgrade() -> None:
    op.drop_table("device_logins")
