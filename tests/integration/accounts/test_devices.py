"""Devices that wait, in a real PostgreSQL."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gas.accounts import devices
from gas.accounts.devices import LIFE_SECONDS, Decision, DeviceLogin, DeviceStore, Standing
from gas.accounts.store import AccountStore, Identity
from gas.errors import ServiceUnavailable
from gas.scopes import USUAL

NOW = 1_800_000_000


@pytest.fixture
def user(engine: Engine) -> Iterator[str]:
    user_id = str(uuid4())
    AccountStore(engine).record_login(Identity(user_id, "Ada", "ada@example.org"))
    yield user_id
    AccountStore(engine).delete(user_id)


@pytest.fixture
def store(engine: Engine) -> DeviceStore:
    return DeviceStore(engine)


def begin(store: DeviceStore, now: int = NOW) -> tuple[str, str]:
    return store.begin(name="cluster", scopes=USUAL, origin="192.0.2.1", now=now)


def test_one_decision_one_answer(store: DeviceStore, user: str) -> None:
    device, shown = begin(store)
    assert store.ask(device, now=NOW) == (Standing.PENDING, None)
    assert store.ask(device, now=NOW + 1) == (Standing.TOO_SOON, None)
    assert store.ask(device, now=NOW + 7) == (Standing.PENDING, None)
    waiting = store.waiting(shown, now=NOW)
    assert waiting is not None
    assert waiting.scopes == USUAL
    assert store.decide(shown, user, Decision.ALLOWED, now=NOW)
    assert not store.decide(shown, user, Decision.DENIED, now=NOW)
    assert store.waiting(shown, now=NOW) is None
    standing, found = store.ask(device, now=NOW + 8)
    assert standing is Standing.ALLOWED
    assert found is not None
    assert found.user_id == user
    assert store.ask(device, now=NOW + 9) == (Standing.EXPIRED, None)


def test_a_refusal_is_told_once(store: DeviceStore, user: str) -> None:
    device, shown = begin(store)
    store.decide(shown, user, Decision.DENIED, now=NOW)
    assert store.ask(device, now=NOW) == (Standing.DENIED, None)
    assert store.ask(device, now=NOW) == (Standing.EXPIRED, None)


def test_codes_end_and_are_nowhere_in_the_database(store: DeviceStore, engine: Engine) -> None:
    device, shown = begin(store)
    with Session(engine) as session:
        rows = session.scalars(select(DeviceLogin)).all()
    kept = [str(value) for row in rows for value in vars(row).values()]
    assert not [value for value in kept if device in value or shown in value]
    end = NOW + LIFE_SECONDS
    assert store.waiting(shown, now=end) is None
    assert not store.decide(shown, "nobody", Decision.ALLOWED, now=end)
    assert store.ask(device, now=end) == (Standing.EXPIRED, None)


def test_not_too_many_of_one_address_wait(
    store: DeviceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MOST_OF_ORIGIN", 2)
    later = NOW + 10 * LIFE_SECONDS
    for _ in range(2):
        begin(store, later)
    with pytest.raises(ServiceUnavailable):
        begin(store, later)
    begin(store, later + LIFE_SECONDS)
