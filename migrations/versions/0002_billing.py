"""Subscriptions, the events of Stripe that were handled, and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "subscriptions",
        sa.Column(
            "user_id",
            sa.String(36),
            sa.ForeignKey("accounts.user_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("stripe_customer_id", sa.String(255), unique=True),
        sa.Column("stripe_checkout_id", sa.String(255)),
        sa.Column("stripe_subscription_id", sa.String(255)),
        sa.Column("status", sa.String(64)),
        sa.Column("price", sa.String(255)),
        sa.Column("current_period_end", time),
        sa.Column("ends_at", time),
        sa.Column("past_due_since", time),
        sa.Column("grace_until", time),
        sa.Column("plan", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.CheckConstraint("plan IN ('free', 'premium')", name="plan"),
    )
    op.create_index("ix_subscriptions_grace_until", "subscriptions", ["grace_until"])
    op.create_table(
        "stripe_events",
        sa.Column("event_id", sa.String(255), primary_key=True),
        sa.Column("type", sa.String(255), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("processed_at", time, nullable=False),
    )
    op.create_index("ix_stripe_events_processed_at", "stripe_events", ["processed_at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "user_id",
            sa.String(36),
            sa.ForeignKey("accounts.user_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("published_at", time),
    )
    op.create_index(
        "ix_outbox_unpublished",
        "outbox",
        ["id"],
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_index("ix_outbox_user_id", "outbox", ["user_id"])


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("stripe_events")
    op.drop_table("subscriptions")
