"""`gas.billing.ports.BillingStore` on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gas.accounts.faults import accounts_database
from gas.accounts.models import Account
from gas.billing.models import OutboxMessage, StripeEventRow, SubscriptionRow
from gas.billing.ports import (
    Change,
    Committed,
    OutboxRow,
    PaymentEvent,
    Standing,
    SubscriptionRecord,
    TopicName,
)
from gas.plans import Plan


class PostgresBillingStore:
    """Reads and writes subscriptions, events and the outbox. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def standing(self, user_id: str) -> Standing | None:
        query = (
            select(Account, SubscriptionRow)
            .outerjoin(SubscriptionRow, SubscriptionRow.user_id == Account.user_id)
            .where(Account.user_id == user_id)
        )
        with accounts_database(), Session(self._engine) as session:
            found = session.execute(query).one_or_none()
            return None if found is None else _standing(found[0], found[1])

    def user_of(self, customer_id: str) -> str | None:
        query = select(SubscriptionRow.user_id).where(
            SubscriptionRow.stripe_customer_id == customer_id
        )
        with accounts_database(), Session(self._engine) as session:
            return session.scalar(query)

    def users_with_email(self, email: str) -> Sequence[str]:
        query = select(Account.user_id).where(func.lower(Account.email) == email.lower())
        with accounts_database(), Session(self._engine) as session:
            return session.scalars(query.order_by(Account.user_id)).all()

    def was_handled(self, event_id: str) -> bool:
        with accounts_database(), Session(self._engine) as session:
            return session.get(StripeEventRow, event_id) is not None

    def keep_customer(self, user_id: str, customer_id: str, *, instead_of: str | None) -> str:
        mine = SubscriptionRow.stripe_customer_id.is_not_distinct_from(instead_of)
        new = insert(SubscriptionRow).values(
            user_id=user_id, stripe_customer_id=customer_id, updated_at=func.now()
        )
        statement = new.on_conflict_do_update(
            index_elements=[SubscriptionRow.user_id],
            set_={
                "stripe_customer_id": customer_id,
                "stripe_checkout_id": None,
                "updated_at": func.now(),
            },
            where=mine,
        )
        query = select(SubscriptionRow.stripe_customer_id).where(SubscriptionRow.user_id == user_id)
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(statement)
            return session.scalars(query).one() or customer_id

    def keep_checkout(self, user_id: str, checkout_id: str) -> None:
        statement = (
            update(SubscriptionRow)
            .where(SubscriptionRow.user_id == user_id)
            .values(stripe_checkout_id=checkout_id)
        )
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(statement)

    def commit(
        self,
        user_id: str,
        change: Change,
        *,
        revision: int,
        at: int,
        event: PaymentEvent | None = None,
    ) -> Committed:
        with accounts_database(), Session(self._engine) as session, session.begin():
            locked = select(Account).where(Account.user_id == user_id).with_for_update()
            account = session.scalar(locked)
            if account is None:
                return Committed.STALE
            row = session.get(SubscriptionRow, user_id, populate_existing=True)
            if (row.revision if row else 0) != revision:
                return Committed.STALE
            if event is not None and not _record_event(session, event, at):
                return Committed.REPEATED
            account.plan = change.plan
            session.merge(_row(user_id, change.record, row, at))
            session.add_all(
                OutboxMessage(
                    user_id=user_id, topic=one.topic.value, body=one.body, created_at=_time(at)
                )
                for one in change.announcements
            )
            return Committed.DONE

    def lapsed(self, *, now: int, limit: int) -> Sequence[str]:
        query = (
            select(SubscriptionRow.user_id)
            .where(SubscriptionRow.plan == Plan.PREMIUM, SubscriptionRow.grace_until <= _time(now))
            .order_by(SubscriptionRow.grace_until)
            .limit(limit)
        )
        with accounts_database(), Session(self._engine) as session:
            return session.scalars(query).all()

    def silent(self, *, ended_before: int, seen_before: int, limit: int) -> Sequence[str]:
        # LEAST passes over what is NULL.
        end = func.least(SubscriptionRow.current_period_end, SubscriptionRow.ends_at)
        query = (
            select(SubscriptionRow.user_id)
            .where(
                SubscriptionRow.plan == Plan.PREMIUM,
                end <= _time(ended_before),
                SubscriptionRow.updated_at < _time(seen_before),
            )
            .order_by(SubscriptionRow.updated_at)
            .limit(limit)
        )
        with accounts_database(), Session(self._engine) as session:
            return session.scalars(query).all()

    def take_unpublished(
        self, *, user_id: str | None, now: int, hold_seconds: int, limit: int
    ) -> Sequence[OutboxRow]:
        free = or_(OutboxMessage.held_until.is_(None), OutboxMessage.held_until <= _time(now))
        waiting = select(OutboxMessage.id).where(OutboxMessage.published_at.is_(None), free)
        if user_id is not None:
            waiting = waiting.where(OutboxMessage.user_id == user_id)
        oldest = waiting.order_by(OutboxMessage.id).limit(limit)
        statement = (
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(oldest.with_for_update(skip_locked=True)))
            .values(held_until=_time(now + hold_seconds))
            .returning(OutboxMessage.id, OutboxMessage.topic, OutboxMessage.body)
        )
        with accounts_database(), Session(self._engine) as session, session.begin():
            taken = session.execute(statement).all()
        return [OutboxRow(row.id, TopicName(row.topic), row.body) for row in sorted(taken)]

    def put_back(self, row_ids: Collection[int]) -> None:
        statement = (
            update(OutboxMessage).where(OutboxMessage.id.in_(row_ids)).values(held_until=None)
        )
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(statement)

    def mark_published(self, row_ids: Collection[int], *, at: int) -> None:
        statement = (
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(row_ids))
            .values(published_at=_time(at))
        )
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(statement)

    def forget_old(self, *, before: int) -> None:
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(
                delete(StripeEventRow).where(StripeEventRow.processed_at < _time(before))
            )
            session.execute(delete(OutboxMessage).where(OutboxMessage.published_at < _time(before)))


def _record_event(session: Session, event: PaymentEvent, at: int) -> bool:
    """Note the event; False when it was there already."""
    statement = (
        insert(StripeEventRow)
        .values(
            event_id=event.event_id,
            type=event.kind,
            created_at=_time(event.created),
            processed_at=_time(at),
        )
        .on_conflict_do_nothing()
        .returning(StripeEventRow.event_id)
    )
    return session.scalar(statement) is not None


def _standing(account: Account, row: SubscriptionRow | None) -> Standing:
    return Standing(
        user_id=account.user_id,
        name=account.name,
        email=account.email,
        plan=account.plan,
        created_at=int(account.created_at.timestamp()),
        record=_record(row) if row else SubscriptionRecord(),
    )


def _record(row: SubscriptionRow) -> SubscriptionRecord:
    return SubscriptionRecord(
        customer_id=row.stripe_customer_id,
        checkout_id=row.stripe_checkout_id,
        subscription_id=row.stripe_subscription_id,
        status=row.status,
        price=row.price,
        current_period_end=_seconds(row.current_period_end),
        ends_at=_seconds(row.ends_at),
        past_due_since=_seconds(row.past_due_since),
        grace_until=_seconds(row.grace_until),
        plan=row.plan,
        revision=row.revision,
    )


def _row(
    user_id: str, record: SubscriptionRecord, known: SubscriptionRow | None, at: int
) -> SubscriptionRow:
    return SubscriptionRow(
        user_id=user_id,
        stripe_customer_id=known.stripe_customer_id if known else None,
        stripe_checkout_id=known.stripe_checkout_id if known else None,
        stripe_subscription_id=record.subscription_id,
        status=record.status,
        price=record.price,
        current_period_end=_maybe_time(record.current_period_end),
        ends_at=_maybe_time(record.ends_at),
        past_due_since=_maybe_time(record.past_due_since),
        grace_until=_maybe_time(record.grace_until),
        plan=record.plan,
        revision=record.revision,
        updated_at=_time(at),
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _maybe_time(seconds: int | None) -> datetime | None:
    return None if seconds is None else _time(seconds)


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())
