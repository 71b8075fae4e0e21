"""The tables of the accounts database. Migrations live in `migrations/`."""

from datetime import datetime

from sqlalchemy import DateTime, Enum, Index, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gas.plans import Plan

PlanColumn = Enum(
    Plan,
    name="plan",
    native_enum=False,
    length=16,
    values_callable=lambda plans: [plan.value for plan in plans],
)
"""A plan, stored as its value."""


class Base(DeclarativeBase):
    """Base of all tables."""


class Account(Base):
    """One person, known by the identity that Globus Auth vouches for."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_email", "email"),)

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """Globus Auth `sub`: a UUID that never changes, unlike the mail address."""
    name: Mapped[str] = mapped_column(String(256))
    email: Mapped[str] = mapped_column(String(320))
    organization: Mapped[str] = mapped_column(String(256), default="")
    plan: Mapped[Plan] = mapped_column(PlanColumn, default=Plan.FREE)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_login_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
