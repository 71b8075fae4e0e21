"""The contract of `gas.billing.ports.BillingStore`: the fake and PostgreSQL."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from gas.accounts.models import Account
from gas.accounts.store import AccountStore, Identity, connect
from gas.billing.models import OutboxMessage, StripeEventRow, SubscriptionRow
from gas.billing.ports import (
    Announcement,
    BillingStore,
    Change,
    Committed,
    OutboxRow,
    PaymentEvent,
    SubscriptionRecord,
    TopicName,
)
from gas.billing.store import PostgresBillingStore
from gas.plans import Plan
from gas.testing.billing import MemoryBillingStore
from tests.support.postgres import accounts_database

ADA = "11111111-1111-4111-8111-111111111111"
BEN = "22222222-2222-4222-8222-222222222222"
NOW = 1_800_000_000


@dataclass(frozen=True)
class Books:
    """A store, and its accounts."""

    store: BillingStore
    engine: Engine | None = None


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with accounts_database(tmp_path_factory.mktemp("billing")) as url:
        engine = connect(url)
        yield engine
        engine.dispose()


@pytest.fixture(params=["memory", "postgres"])
def books(request: pytest.FixtureRequest) -> Books:
    """Two accounts, Ada and Ben, and nothing else."""
    if request.param == "memory":
        accounts = {
            user_id: Account(user_id=user_id, name=name, email=email, plan=Plan.FREE)
            for user_id, name, email in PEOPLE
        }
        return Books(MemoryBillingStore(accounts))
    engine = request.getfixturevalue("engine")
    with Session(engine) as session, session.begin():
        session.execute(delete(Account))
        session.execute(delete(StripeEventRow))
    for user_id, name, email in PEOPLE:
        AccountStore(engine).record_login(Identity(user_id, name, email))
    return Books(PostgresBillingStore(engine), engine)


PEOPLE = [(ADA, "Ada", "Ada@example.org"), (BEN, "Ben", "ben@example.org")]


@pytest.fixture
def store(books: Books) -> BillingStore:
    return books.store


def record_of(store: BillingStore, user_id: str = ADA) -> SubscriptionRecord:
    standing = store.standing(user_id)
    assert standing is not None
    return standing.record


FULL = SubscriptionRecord(
    subscription_id="sub_1",
    status="past_due",
    price="price_1",
    current_period_end=NOW + 1000,
    ends_at=NOW + 2000,
    past_due_since=NOW - 10,
    grace_until=NOW + 10,
    plan=Plan.PREMIUM,
    revision=1,
)
MAIL = Announcement(TopicName.JOB_RESULTS, "mail")
THAW = Announcement(TopicName.THAW_REQUESTS, "thaw")


def event(number: int) -> PaymentEvent:
    return PaymentEvent(f"evt_{number}", "invoice.paid", NOW, live=False)


def save(
    store: BillingStore,
    record: SubscriptionRecord = FULL,
    *announcements: Announcement,
    user_id: str = ADA,
    because: PaymentEvent | None = None,
) -> Committed:
    change = Change(record.plan, record, announcements)
    return store.commit(user_id, change, revision=record.revision - 1, at=NOW, event=because)


def waiting(store: BillingStore, user_id: str | None = ADA, limit: int = 9) -> list[OutboxRow]:
    """What waits to be published; it stays free for others."""
    found = store.take_unpublished(user_id=user_id, now=NOW, hold_seconds=0, limit=limit)
    return list(found)


def test_an_account_that_never_paid(store: BillingStore) -> None:
    standing = store.standing(ADA)
    assert standing is not None
    assert (standing.name, standing.email, standing.plan) == ("Ada", "Ada@example.org", Plan.FREE)
    assert standing.record == SubscriptionRecord()
    assert store.standing("nobody") is None


def test_what_is_committed_is_read_back(store: BillingStore) -> None:
    assert save(store) is Committed.DONE
    standing = store.standing(ADA)
    assert standing is not None
    assert (standing.plan, standing.record) == (Plan.PREMIUM, FULL)
    emptied = SubscriptionRecord(revision=2)
    assert save(store, emptied) is Committed.DONE
    assert record_of(store) == emptied
    assert record_of(store, BEN) == SubscriptionRecord()


def test_old_news_is_not_written(store: BillingStore) -> None:
    save(store, FULL, MAIL)
    again = Change(Plan.FREE, replace(FULL, status="canceled"), [THAW])
    assert store.commit(ADA, again, revision=0, at=NOW, event=event(1)) is Committed.STALE
    assert record_of(store) == FULL
    assert not store.was_handled("evt_1")
    assert [row.body for row in waiting(store)] == ["mail"]


def test_nothing_is_written_for_an_account_that_is_gone(store: BillingStore) -> None:
    assert save(store, FULL, MAIL, user_id="nobody", because=event(2)) is Committed.STALE
    assert not store.was_handled("evt_2")


def test_an_event_counts_once(store: BillingStore) -> None:
    assert save(store, FULL, MAIL, because=event(3)) is Committed.DONE
    assert store.was_handled("evt_3")
    second = replace(FULL, revision=2, status="active")
    assert save(store, second, MAIL, because=event(3)) is Committed.REPEATED
    assert record_of(store) == FULL
    assert len(waiting(store)) == 1


def test_the_first_customer_wins(store: BillingStore) -> None:
    assert store.keep_customer(ADA, "cus_a", instead_of=None) == "cus_a"
    assert store.keep_customer(ADA, "cus_b", instead_of=None) == "cus_a"
    assert (store.user_of("cus_a"), store.user_of("cus_b")) == (ADA, None)


def test_a_customer_is_replaced_with_the_page_made_for_it(store: BillingStore) -> None:
    store.keep_customer(ADA, "cus_a", instead_of=None)
    store.keep_checkout(ADA, "cs_1")
    assert store.keep_customer(ADA, "cus_b", instead_of="cus_a") == "cus_b"
    assert store.keep_customer(ADA, "cus_c", instead_of="cus_a") == "cus_b"
    record = record_of(store)
    assert (record.customer_id, record.checkout_id) == ("cus_b", None)


def test_a_commit_leaves_customer_and_page_alone(store: BillingStore) -> None:
    """They may have changed since the record was read; that is no conflict."""
    store.keep_customer(ADA, "cus_a", instead_of=None)
    store.keep_checkout(ADA, "cs_1")
    assert save(store, replace(FULL, customer_id=None)) is Committed.DONE
    assert record_of(store) == replace(FULL, customer_id="cus_a", checkout_id="cs_1")
    assert store.user_of("cus_a") == ADA


def test_accounts_are_found_by_mail_address(store: BillingStore) -> None:
    assert list(store.users_with_email("ADA@example.org")) == [ADA]
    assert list(store.users_with_email("nobody@example.org")) == []


@pytest.mark.parametrize(
    ("changes", "now", "found"),
    [
        ({}, NOW + 9, []),
        ({}, NOW + 10, [ADA]),
        ({}, NOW + 99, [ADA]),
        ({"plan": Plan.FREE}, NOW + 99, []),
        ({"grace_until": None}, NOW + 99, []),
    ],
)
def test_grace_periods_that_are_over(
    store: BillingStore, changes: dict[str, object], now: int, found: Sequence[str]
) -> None:
    save(store, replace(FULL, **changes))  # type: ignore[arg-type]
    assert list(store.lapsed(now=now, limit=9)) == found
    assert list(store.lapsed(now=now, limit=0)) == []


@pytest.mark.parametrize(
    ("changes", "ended_before", "seen_before", "found"),
    [
        ({}, NOW + 1000, NOW + 1, [ADA]),
        ({}, NOW + 999, NOW + 1, []),
        ({}, NOW + 1000, NOW, []),
        ({"ends_at": None}, NOW + 1000, NOW + 1, [ADA]),
        ({"ends_at": NOW + 500}, NOW + 500, NOW + 1, [ADA]),
        ({"current_period_end": None}, NOW + 2000, NOW + 1, [ADA]),
        ({"current_period_end": None, "ends_at": None}, NOW + 9999, NOW + 1, []),
        ({"plan": Plan.FREE}, NOW + 1000, NOW + 1, []),
    ],
)
def test_subscriptions_of_which_nothing_was_heard(
    store: BillingStore,
    changes: dict[str, object],
    ended_before: int,
    seen_before: int,
    found: Sequence[str],
) -> None:
    save(store, replace(FULL, **changes))  # type: ignore[arg-type]
    asked = {"ended_before": ended_before, "seen_before": seen_before}
    assert list(store.silent(**asked, limit=9)) == found
    assert list(store.silent(**asked, limit=0)) == []


def test_the_outbox_keeps_the_order_until_published(store: BillingStore) -> None:
    save(store, FULL, THAW, MAIL)
    save(store, FULL, MAIL, user_id=BEN)
    rows = waiting(store, None)
    assert [(row.topic, row.body) for row in rows] == [
        (TopicName.THAW_REQUESTS, "thaw"),
        (TopicName.JOB_RESULTS, "mail"),
        (TopicName.JOB_RESULTS, "mail"),
    ]
    assert waiting(store, None, 1) == rows[:1]
    assert waiting(store, BEN) == rows[2:]
    store.mark_published([rows[0].row_id], at=NOW)
    assert waiting(store) == rows[1:2]


def test_what_is_being_published_is_not_given_to_others(store: BillingStore) -> None:
    save(store, FULL, THAW, MAIL)

    def take(now: int, limit: int = 9) -> list[str]:
        found = store.take_unpublished(user_id=ADA, now=now, hold_seconds=60, limit=limit)
        return [row.body for row in found]

    first = waiting(store)[0]
    assert take(NOW, limit=1) == ["thaw"]
    assert take(NOW) == ["mail"]
    assert take(NOW + 59) == []
    store.put_back([first.row_id])
    assert take(NOW + 59) == ["thaw"]
    assert take(NOW + 60) == ["mail"]


def test_of_many_publishers_each_message_goes_to_one(engine: Engine) -> None:
    store = PostgresBillingStore(engine)
    AccountStore(engine).record_login(Identity(BEN, "Ben", "ben@example.org"))
    with Session(engine) as session, session.begin():
        session.execute(delete(SubscriptionRow))
        session.execute(delete(OutboxMessage))
    save(store, FULL, *[MAIL] * 20, user_id=BEN)

    def take(_: int) -> list[int]:
        found = store.take_unpublished(user_id=BEN, now=NOW, hold_seconds=60, limit=5)
        return [row.row_id for row in found]

    with ThreadPoolExecutor(8) as pool:
        taken = [row_id for rows in pool.map(take, range(16)) for row_id in rows]
    assert len(taken) == len(set(taken)) == 20


def test_what_is_old_is_forgotten_but_not_what_waits(store: BillingStore) -> None:
    save(store, FULL, THAW, MAIL, because=event(4))
    rows = waiting(store)
    store.mark_published([rows[0].row_id], at=NOW)
    store.forget_old(before=NOW)
    assert store.was_handled("evt_4")
    store.forget_old(before=NOW + 1)
    assert not store.was_handled("evt_4")
    assert waiting(store) == rows[1:]


def test_of_many_at_once_one_commits(engine: Engine) -> None:
    store = PostgresBillingStore(engine)
    AccountStore(engine).record_login(Identity(ADA, "Ada", "ada@example.org"))
    with Session(engine) as session, session.begin():
        session.execute(delete(SubscriptionRow))
        session.execute(delete(OutboxMessage))
        session.execute(delete(StripeEventRow))

    def commit(number: int) -> Committed:
        return save(store, FULL, MAIL, because=event(100 + number))

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(commit, range(16)))
    assert sorted(outcomes) == [Committed.DONE] + [Committed.STALE] * 15
    assert len(waiting(store)) == 1


def test_a_deleted_account_takes_everything_with_it(engine: Engine) -> None:
    store = PostgresBillingStore(engine)
    AccountStore(engine).record_login(Identity(BEN, "Ben", "ben@example.org"))
    store.keep_customer(BEN, "cus_ben", instead_of=None)
    save(store, FULL, MAIL, user_id=BEN)
    with Session(engine) as session, session.begin():
        session.execute(delete(Account).where(Account.user_id == BEN))
        for table in (SubscriptionRow, OutboxMessage):
            left = select(func.count()).select_from(table).where(table.user_id == BEN)
            assert session.scalar(left) == 0
    assert store.user_of("cus_ben") is None
