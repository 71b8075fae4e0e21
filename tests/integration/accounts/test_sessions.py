"""Sessions in a real PostgreSQL."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from gas.accounts.sessions import (
    KEPT,
    SEEN_STEP,
    TOKEN_LIFE,
    LoginSession,
    NewSession,
    SessionStore,
    at,
    digest_of,
)
from gas.accounts.store import AccountStore, Identity

NOW = 1_800_000_000
HOURS = 12


@pytest.fixture
def user(engine: Engine) -> Iterator[str]:
    """Somebody with an account."""
    user_id = str(uuid4())
    AccountStore(engine).record_login(Identity(user_id, "Ada", "ada@example.org"))
    yield user_id
    AccountStore(engine).delete(user_id)


@pytest.fixture
def store(engine: Engine) -> SessionStore:
    return SessionStore(engine)


def begin(store: SessionStore, user: str, *, now: int = NOW, tokens: bytes | None = b"x") -> str:
    digest = digest_of(uuid4().hex)
    new = NewSession(digest, user, "Firefox on Linux", hours=HOURS, globus_tokens=tokens)
    store.begin(new, now=now)
    return digest


def row(store: SessionStore, digest: str, now: int) -> LoginSession | None:
    found = store.find(digest, now=now)
    return found[0] if found else None


def test_a_session_is_found_with_its_account_until_it_ends(store: SessionStore, user: str) -> None:
    digest = begin(store, user)
    found = store.find(digest, now=NOW + HOURS * 3600 - 1)
    assert found is not None
    session, account = found
    assert (session.device, account.user_id, account.name) == ("Firefox on Linux", user, "Ada")
    assert store.find(digest, now=NOW + HOURS * 3600) is None
    assert store.find(digest_of("another"), now=NOW) is None


def test_looking_a_session_up_is_one_question(
    engine: Engine, store: SessionStore, user: str
) -> None:
    digest = begin(store, user)
    asked: list[str] = []

    def note(*call: object) -> None:
        asked.append(str(call[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        store.find(digest, now=NOW + 60)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1, asked
    with engine.connect() as connection:
        connection.exec_driver_sql("set enable_seqscan = off")
        lines = (
            connection.exec_driver_sql(
                f"explain {asked[0]}", {"token_digest_1": digest, "expires_at_1": at(NOW)}
            )
            .scalars()
            .all()
        )
    plan = "\n".join(lines)
    assert "sessions_pkey" in plan
    assert "accounts_pkey" in plan
    assert "Seq Scan" not in plan


def test_when_somebody_was_last_seen_is_coarse(store: SessionStore, user: str) -> None:
    digest = begin(store, user)
    step = int(SEEN_STEP.total_seconds())
    seen = []
    for later in (step - 1, step - 1, step, step + 1, 2 * step):
        store.find(digest, now=NOW + later)
        (session,) = store.active(user, now=NOW + later)
        seen.append(int(session.last_seen_at.timestamp()) - NOW)
    assert seen == [0, 0, step, step, 2 * step]


def test_an_ended_session_is_ended_for_every_instance(
    engine: Engine, store: SessionStore, user: str
) -> None:
    digest, other = begin(store, user), begin(store, user)
    (ended,) = store.end(user, now=NOW + 1, session_id=digest[:16])
    assert (ended.token_digest, ended.globus_tokens) == (digest, b"x")
    elsewhere = SessionStore(engine)
    assert elsewhere.find(digest, now=NOW + 2) is None
    assert row(elsewhere, other, NOW + 2) is not None
    assert store.end(user, now=NOW + 3, session_id=digest[:16]) == []


def test_all_sessions_are_ended_at_once_but_nobody_elses(
    engine: Engine, store: SessionStore, user: str
) -> None:
    digests = {begin(store, user) for _ in range(3)}
    stranger = str(uuid4())
    AccountStore(engine).record_login(Identity(stranger, "Ben", "ben@example.org"))
    foreign = begin(store, stranger)
    assert store.end(stranger, now=NOW, session_id=next(iter(digests))[:16]) == []
    assert {each.token_digest for each in store.end(user, now=NOW)} == digests
    assert store.active(user, now=NOW) == []
    assert row(store, foreign, NOW) is not None


def test_tokens_stay_until_globus_was_told(store: SessionStore, user: str) -> None:
    digest, lapsed = begin(store, user), begin(store, user, now=NOW - HOURS * 3600)
    assert {s.token_digest for s in store.with_leftover_tokens(user, now=NOW)} == {lapsed}
    store.end(user, now=NOW)
    assert {s.token_digest for s in store.with_leftover_tokens(user, now=NOW)} == {digest, lapsed}
    store.forget_tokens(digest)
    assert {s.token_digest for s in store.with_leftover_tokens(user, now=NOW)} == {lapsed}


def test_what_is_over_is_forgotten(engine: Engine, store: SessionStore, user: str) -> None:
    begin(store, user)
    later = NOW + int(TOKEN_LIFE.total_seconds())
    store.tidy(now=later - 1)
    assert len(store.with_leftover_tokens(user, now=later)) == 1
    store.tidy(now=later)
    assert store.with_leftover_tokens(user, now=later) == []
    assert count(engine, user) == 1
    store.tidy(now=NOW + HOURS * 3600 + int(KEPT.total_seconds()))
    assert count(engine, user) == 0


def test_an_erased_account_takes_its_sessions_with_it(
    engine: Engine, store: SessionStore, user: str
) -> None:
    digest = begin(store, user)
    for _ in range(2):
        AccountStore(engine).delete(user)
    assert store.find(digest, now=NOW) is None
    assert count(engine, user) == 0


def count(engine: Engine, user: str) -> int:
    with engine.connect() as connection:
        question = "select count(*) from sessions where user_id = %(user)s"
        return int(connection.exec_driver_sql(question, {"user": user}).scalar_one())
