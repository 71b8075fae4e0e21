"""The tables of billing, in the accounts database."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gas.accounts.models import Base, PlanColumn
from gas.plans import Plan

_Time = DateTime(timezone=True)


class SubscriptionRow(Base):
    """What we know of an account's subscription (`gas.billing.ports.SubscriptionRecord`)."""

    __tablename__ = "subscriptions"
    __table_args__ = (Index("ix_subscriptions_grace_until", "grace_until"),)

    user_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.user_id", ondelete="CASCADE"), primary_key=True
    )
    stripe_customer_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    stripe_checkout_id: Mapped[str | None] = mapped_column(String(255))
    stripe_subscription_id: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str | None] = mapped_column(String(64))
    price: Mapped[str | None] = mapped_column(String(255))
    current_period_end: Mapped[datetime | None] = mapped_column(_Time)
    ends_at: Mapped[datetime | None] = mapped_column(_Time)
    past_due_since: Mapped[datetime | None] = mapped_column(_Time)
    grace_until: Mapped[datetime | None] = mapped_column(_Time)
    plan: Mapped[Plan] = mapped_column(PlanColumn, default=Plan.FREE)
    revision: Mapped[int] = mapped_column(Integer, default=0)
    updated_at: Mapped[datetime] = mapped_column(_Time)


class StripeEventRow(Base):
    """An event of Stripe that was handled; kept so that its repetitions are known."""

    __tablename__ = "stripe_events"
    __table_args__ = (Index("ix_stripe_events_processed_at", "processed_at"),)

    event_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(_Time)
    """When Stripe made it."""
    processed_at: Mapped[datetime] = mapped_column(_Time)


class OutboxMessage(Base):
    """A message for a topic, written with the change that it tells of."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_Time)
    held_until: Mapped[datetime | None] = mapped_column(_Time)
    """Somebody is publishing it, and has died if it is not published by then."""
    published_at: Mapped[datetime | None] = mapped_column(_Time)
