"""Thaws under way in a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from gas.accounts.models import Account
from gas.accounts.store import AccountStore, Identity
from gas.accounts.thaws import ThawStore
from gas.plans import Plan

NOW = 1_800_000_000


@pytest.fixture
def users(engine: Engine) -> Iterator[list[str]]:
    """Three Premium users, in the order of their ids, and a Free one."""
    accounts = AccountStore(engine)
    made = sorted(str(uuid4()) for _ in range(3))
    free = str(uuid4())
    for user_id in [*made, free]:
        accounts.record_login(Identity(user_id, "Ada", "ada@example.org"))
    with Session(engine) as session, session.begin():
        session.execute(update(Account).where(Account.user_id.in_(made)).values(plan=Plan.PREMIUM))
    yield [*made, free]
    for user_id in [*made, free]:
        accounts.delete(user_id)


@pytest.fixture
def store(engine: Engine) -> ThawStore:
    return ThawStore(engine)


def test_a_thaw_is_told_once_with_the_most_jobs_ever_seen(
    store: ThawStore, users: list[str]
) -> None:
    for jobs in (100, 2500, 7):
        store.note_cold(users[0], jobs=jobs, now=NOW)
    told: list[int] = []
    assert store.finish(users[0], told.append)
    assert not store.finish(users[0], told.append)
    assert told == [2500]


def test_of_many_who_come_at_once_one_tells(store: ThawStore, users: list[str]) -> None:
    store.note_cold(users[0], jobs=3, now=NOW)
    told: list[int] = []
    together = Barrier(4)

    def finish() -> bool:
        together.wait()
        return store.finish(users[0], told.append)

    with ThreadPoolExecutor(4) as pool:
        ended = [pool.submit(finish) for _ in range(4)]
    assert sorted(each.result() for each in ended) == [False, False, False, True]
    assert told == [3]


def test_what_could_not_be_told_is_told_the_next_time(store: ThawStore, users: list[str]) -> None:
    store.note_cold(users[0], jobs=3, now=NOW)

    def fail(jobs: int) -> None:
        raise RuntimeError(jobs)

    with pytest.raises(RuntimeError):
        store.finish(users[0], fail)
    told: list[int] = []
    assert store.finish(users[0], told.append)
    assert told == [3]


def test_who_is_looked_after(store: ThawStore, users: list[str]) -> None:
    assert not store.looked_after(users[0], since=NOW)
    store.note_cold(users[0], jobs=1, now=NOW)
    assert store.looked_after(users[0], since=NOW)
    assert not store.looked_after(users[0], since=NOW + 1)
    store.note_cold(users[0], jobs=1, now=NOW + 60)
    assert store.looked_after(users[0], since=NOW + 1)
    assert not store.looked_after(users[1], since=0)


def test_a_look_at_what_is_on_its_way_begins_nothing(store: ThawStore, users: list[str]) -> None:
    store.touch(users[0], jobs=5, now=NOW)
    assert store.under_way(users) == frozenset()
    store.note_cold(users[0], jobs=1, now=NOW)
    store.touch(users[0], jobs=5, now=NOW + 60)
    assert store.looked_after(users[0], since=NOW + 60)
    told: list[int] = []
    assert store.finish(users[0], told.append)
    assert told == [5]


def test_a_dropped_thaw_is_never_told(store: ThawStore, users: list[str]) -> None:
    store.note_cold(users[0], jobs=1, now=NOW)
    assert store.under_way(users) == {users[0]}
    store.drop(users[0])
    store.drop(users[0])
    assert store.under_way(users) == frozenset()
    told: list[int] = []
    assert not store.finish(users[0], told.append)
    assert told == []


def test_premium_users_are_paged_by_id(store: ThawStore, users: list[str]) -> None:
    premium = users[:3]
    first = store.premium_users(after="", limit=2)
    rest = store.premium_users(after=first[-1], limit=2)
    assert [*first, *rest] == premium
    assert store.premium_users(after=premium[-1], limit=2) == []


def test_a_deleted_account_takes_its_thaw_along(
    engine: Engine, store: ThawStore, users: list[str]
) -> None:
    store.note_cold(users[0], jobs=1, now=NOW)
    AccountStore(engine).delete(users[0])
    assert store.under_way(users) == frozenset()
