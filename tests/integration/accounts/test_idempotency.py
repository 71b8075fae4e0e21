"""Requests that are made once, in a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from gas.accounts.idempotency import KEPT, PATIENCE, Found, IdempotencyStore, Standing
from gas.accounts.store import AccountStore, Identity

NOW = 1_800_000_000


@pytest.fixture
def user(engine: Engine) -> Iterator[str]:
    user_id = str(uuid4())
    AccountStore(engine).record_login(Identity(user_id, "Ada", "ada@example.org"))
    yield user_id
    AccountStore(engine).delete(user_id)


@pytest.fixture
def store(engine: Engine) -> IdempotencyStore:
    return IdempotencyStore(engine)


def begin(store: IdempotencyStore, user: str, what: str = "f", now: int = NOW) -> Found:
    return store.begin(user, "key", fingerprint=what, now=now)


def test_the_answer_is_given_again_for_a_day(store: IdempotencyStore, user: str) -> None:
    assert begin(store, user) == Found(Standing.NEW)
    assert begin(store, user) == Found(Standing.UNDER_WAY)
    store.finish(user, "key", b"answer")
    assert begin(store, user) == Found(Standing.ANSWERED, b"answer")
    assert begin(store, user, "other") == Found(Standing.OTHER)
    assert begin(store, user, now=NOW + int(KEPT.total_seconds())) == Found(Standing.NEW)


def test_a_request_whose_server_died_may_be_made_again(store: IdempotencyStore, user: str) -> None:
    later = NOW + int(PATIENCE.total_seconds())
    assert begin(store, user).standing is Standing.NEW
    assert begin(store, user, now=later - 1).standing is Standing.UNDER_WAY
    assert begin(store, user, "other", now=later).standing is Standing.OTHER
    assert begin(store, user, now=later).standing is Standing.NEW


def test_a_request_that_failed_may_be_made_again_an_answered_one_not(
    store: IdempotencyStore, user: str
) -> None:
    begin(store, user)
    store.forget(user, "key")
    assert begin(store, user).standing is Standing.NEW
    store.finish(user, "key", b"a")
    store.forget(user, "key")
    assert begin(store, user).standing is Standing.ANSWERED


def test_of_many_at_once_one_is_worked_on(store: IdempotencyStore, user: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: begin(store, user), range(16)))
    assert [each.standing for each in found].count(Standing.NEW) == 1
