"""Rates of requests in a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from gas.accounts.rates import PERIOD, RateStore
from gas.accounts.store import AccountStore, Identity

NOW = 1_800_000_000.0
LIMIT = 30
STEP = PERIOD / LIMIT


@pytest.fixture
def user(engine: Engine) -> Iterator[str]:
    user_id = str(uuid4())
    AccountStore(engine).record_login(Identity(user_id, "Ada", "ada@example.org"))
    yield user_id
    AccountStore(engine).delete(user_id)


def test_a_minutes_worth_at_once_then_one_by_one(engine: Engine, user: str) -> None:
    store = RateStore(engine)
    taken = [store.take(user, limit=LIMIT, now=NOW) for _ in range(LIMIT + 2)]
    assert [each.allowed for each in taken] == [True] * LIMIT + [False] * 2
    assert [each.remaining for each in taken[:3]] == [LIMIT - 1, LIMIT - 2, LIMIT - 3]
    assert taken[LIMIT - 1].remaining == 0
    refused = taken[-1]
    assert (refused.remaining, refused.reset, refused.retry_after) == (0, PERIOD, int(STEP))
    assert store.take(user, limit=LIMIT, now=NOW + STEP).allowed
    assert not store.take(user, limit=LIMIT, now=NOW + STEP).allowed
    assert store.take(user, limit=LIMIT, now=NOW + 10 * PERIOD).remaining == LIMIT - 1


def test_many_at_once_cannot_slip_through(engine: Engine, user: str) -> None:
    store = RateStore(engine)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.take(user, limit=LIMIT, now=NOW), range(3 * LIMIT)))
    assert sum(each.allowed for each in taken) == LIMIT
