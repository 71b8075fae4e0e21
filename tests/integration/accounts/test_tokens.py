"""Personal access tokens in a real PostgreSQL."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from gas.accounts.sessions import at, digest_of
from gas.accounts.store import AccountStore, Identity
from gas.accounts.tokens import (
    KEPT,
    LONGEST_DAYS,
    MOST_TOKENS,
    SEEN_STEP,
    AccessToken,
    TokenStore,
    is_token,
    new_token,
)
from gas.errors import InvalidRequest
from gas.scopes import Scope

NOW = 1_800_000_000
DAY = 86_400
READ = frozenset({Scope.JOBS_READ})


@pytest.fixture
def user(engine: Engine) -> Iterator[str]:
    user_id = str(uuid4())
    AccountStore(engine).record_login(Identity(user_id, "Ada", "ada@example.org"))
    yield user_id
    AccountStore(engine).delete(user_id)


@pytest.fixture
def store(engine: Engine) -> TokenStore:
    return TokenStore(engine)


def issue(
    store: TokenStore, user: str, *, now: int = NOW, days: int | None = 30
) -> tuple[AccessToken, str]:
    return store.issue(user, name="laptop", scopes=READ, days=days, now=now)


def token_lives(store: TokenStore, token: str, now: int) -> bool:
    found = store.find(digest_of(token), now=now)
    assert found is not None
    return found[0].is_live(at(now))


def test_a_token_is_found_by_its_digest_and_nothing_of_it_is_kept(
    store: TokenStore, user: str
) -> None:
    record, token = issue(store, user)
    assert is_token(token)
    found = store.find(digest_of(token), now=NOW)
    assert found is not None
    assert (found[0].token_id, found[1].user_id, found[0].scopes) == (record.token_id, user, READ)
    kept = [getattr(record, column.key) for column in AccessToken.__table__.columns]
    assert not any(isinstance(value, str) and token[7:30] in value for value in kept)
    assert record.ending == token[-4:]


@pytest.mark.parametrize(
    ("days", "later", "lives"), [(1, DAY - 1, True), (1, DAY, False), (None, 9 * 366 * DAY, True)]
)
def test_a_token_lives_as_long_as_was_said(
    store: TokenStore, user: str, days: int | None, later: int, lives: bool
) -> None:
    _, token = issue(store, user, days=days)
    assert token_lives(store, token, NOW + later) is lives
    assert bool(store.of_user(user, now=NOW + later)) is lives


def test_a_revoked_token_never_comes_back_and_only_its_owner_revokes_it(
    store: TokenStore, user: str
) -> None:
    record, token = issue(store, user)
    assert not store.revoke(str(uuid4()), record.token_id, now=NOW)
    assert token_lives(store, token, NOW)
    assert store.revoke(user, record.token_id, now=NOW)
    assert not token_lives(store, token, NOW)
    assert not store.revoke(user, record.token_id, now=NOW)
    assert list(store.of_user(user, now=NOW)) == []


def test_all_of_one_person_are_revoked_at_once(
    store: TokenStore, engine: Engine, user: str
) -> None:
    other = str(uuid4())
    AccountStore(engine).record_login(Identity(other, "Ben", "ben@example.org"))
    mine, theirs = [issue(store, user)[1] for _ in range(2)], issue(store, other)[1]
    assert store.revoke_all(user, now=NOW) == 2
    assert not any(token_lives(store, token, NOW) for token in mine)
    assert token_lives(store, theirs, NOW)
    assert store.revoke_all(user, now=NOW) == 0
    AccountStore(engine).delete(other)


def test_use_is_noted_now_and_then(store: TokenStore, user: str) -> None:
    _, token = issue(store, user)
    step = int(SEEN_STEP.total_seconds())
    seen = []
    for now in (NOW, NOW + step - 1, NOW + step):
        store.find(digest_of(token), now=now)
        [record] = store.of_user(user, now=now)
        assert record.last_used_at is not None
        seen.append(int(record.last_used_at.timestamp()) - NOW)
    assert seen == [0, 0, step]


def test_there_is_a_limit_which_ended_tokens_do_not_count_for(store: TokenStore, user: str) -> None:
    for _ in range(MOST_TOKENS):
        issue(store, user, days=1)
    with pytest.raises(InvalidRequest, match="already"):
        issue(store, user)
    issue(store, user, now=NOW + DAY)


def test_tokens_that_ended_long_ago_are_forgotten(store: TokenStore, user: str) -> None:
    _, old = issue(store, user, days=1)
    long_after = NOW + DAY + int(KEPT.total_seconds())
    assert store.find(digest_of(old), now=long_after) is not None
    issue(store, user, now=long_after)
    assert store.find(digest_of(old), now=long_after) is None


def test_the_token_ends_with_the_account(store: TokenStore, engine: Engine, user: str) -> None:
    _, token = issue(store, user)
    AccountStore(engine).delete(user)
    assert store.find(digest_of(token), now=NOW) is None


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        (" ", READ, 1),
        ("n" * 81, READ, 1),
        ("a\nb", READ, 1),
        ("laptop", frozenset(), 1),
        ("laptop", READ, 0),
        ("laptop", READ, LONGEST_DAYS + 1),
    ],
)
def test_what_no_token_can_have(
    store: TokenStore, user: str, name: str, scopes: frozenset[Scope], days: int
) -> None:
    with pytest.raises(InvalidRequest):
        store.issue(user, name=name, scopes=scopes, days=days, now=NOW)


def test_the_check_tells_a_mistyped_token() -> None:
    token = new_token()
    other = "A" if token[20] != "A" else "B"
    assert not is_token(token[:20] + other + token[21:])
    assert not is_token(token[:-1])
    assert not is_token("gaspat_" + "é" * 38)
