"""Where somebody is logged in: ending sessions, and what becomes of Globus's tokens."""

import pytest
from flask.testing import FlaskClient

from gas.accounts.sealing import Sealer
from gas.errors import ServiceUnavailable
from tests.unit.web.conftest import ADA, BEN, PUBLIC_URL, World
from tests.unit.web.test_access import _token
from web.auth.devices import describe

COOKIE = "__Host-gas_session"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def post(client: FlaskClient, path: str) -> int:
    headers = {"Referer": PUBLIC_URL + "/"}
    return client.post(path, data={"csrf_token": _token(client)}, headers=headers).status_code


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE, domain="gas.example.org")
    assert cookie is not None
    return cookie.value


def with_cookie(world: World, value: str) -> FlaskClient:
    thief = world.client()
    thief.set_cookie(COOKIE, value, domain="gas.example.org", secure=True)
    return thief


def test_the_cookie_says_nothing_of_the_person(world: World, ada: FlaskClient) -> None:
    with ada.session_transaction(base_url=PUBLIC_URL) as session:
        assert ADA not in str(dict(session))
        assert "Ada" not in str(dict(session))
        assert session["token"] not in world.sessions.rows


def test_a_copied_cookie_is_worthless_after_the_logout(world: World, ada: FlaskClient) -> None:
    copy = with_cookie(world, cookie_of(ada))
    assert copy.get("/profile").status_code == 200
    assert post(ada, "/logout") == 303
    assert copy.get("/profile").status_code == 302
    assert with_cookie(world, cookie_of(copy)).get("/profile").status_code == 302


def test_logging_in_again_ends_the_session_before(world: World, ada: FlaskClient) -> None:
    copy = with_cookie(world, cookie_of(ada))
    sent = ada.get("/login?again=1").location
    assert "prompt=login" in sent
    world.log_in(ADA, ada, path="/login?again=1")
    assert copy.get("/profile").status_code == 302
    assert ada.get("/profile").status_code == 200


def test_one_session_can_be_ended_from_another(world: World, ada: FlaskClient) -> None:
    other = world.log_in(ADA)
    _, mine = world.sessions.active(ADA, now=world.clock.now())
    assert post(ada, f"/account/sessions/{mine.session_id}/end") == 303
    assert other.get("/profile").status_code == 302
    assert ada.get("/profile").status_code == 200
    assert post(ada, f"/account/sessions/{mine.session_id}/end") == 404


def test_nobody_ends_sessions_of_others(world: World, ada: FlaskClient) -> None:
    ben = world.log_in(BEN)
    (foreign,) = world.sessions.active(BEN, now=world.clock.now())
    assert post(ada, f"/account/sessions/{foreign.session_id}/end") == 404
    assert ben.get("/profile").status_code == 200


def test_logging_out_everywhere(world: World, ada: FlaskClient) -> None:
    other, ben = world.log_in(ADA), world.log_in(BEN)
    assert post(ada, "/account/logout-everywhere") == 303
    assert ada.get("/profile").status_code == other.get("/profile").status_code == 302
    assert ben.get("/profile").status_code == 200
    assert world.provider.revoked == ["access-1", "access-2"]


def test_the_profile_lists_the_sessions(world: World, ada: FlaskClient) -> None:
    sent = world.client()
    sent.environ_base["HTTP_USER_AGENT"] = FIREFOX
    world.log_in(ADA, sent)
    page = ada.get("/profile").text
    assert "Firefox on Linux" in page
    assert page.count("this browser") == 1


def test_the_tokens_are_sealed_and_revoked_at_the_logout(world: World, ada: FlaskClient) -> None:
    (row,) = world.sessions.rows.values()
    assert row.globus_tokens is not None
    assert b"access-1" not in row.globus_tokens
    post(ada, "/logout")
    assert world.provider.revoked == ["access-1"]
    assert row.globus_tokens is None


def test_an_outage_of_globus_keeps_nobody_logged_in(world: World, ada: FlaskClient) -> None:
    world.provider.away = True
    assert post(ada, "/logout") == 303
    assert ada.get("/profile").status_code == 302
    (row,) = world.sessions.rows.values()
    assert row.globus_tokens is not None
    world.provider.away = False
    world.log_in(ADA)
    assert world.provider.revoked == ["access-1"]
    assert row.globus_tokens is None


@pytest.mark.parametrize(("away", "asked"), [(True, 2), (False, 20)])
def test_ending_many_sessions_keeps_nobody_waiting_for_globus(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch, away: bool, asked: int
) -> None:
    for _ in range(24):
        world.log_in(ADA)
    calls: list[str] = []

    def revoke(token: str) -> None:
        calls.append(token)
        if away:
            raise ServiceUnavailable("Globus is away.")

    monkeypatch.setattr(world.provider, "revoke", revoke)
    assert post(ada, "/account/logout-everywhere") == 303
    assert world.sessions.active(ADA, now=world.clock.now()) == []
    assert len(calls) == asked
    left = [row for row in world.sessions.rows.values() if row.globus_tokens is not None]
    assert len(left) == (25 if away else 5)


def test_the_profile_does_without_globus(world: World, ada: FlaskClient) -> None:
    world.provider.away = True
    page = ada.get("/profile")
    assert page.status_code == 200
    assert "linked identities cannot be shown" in page.text


def test_the_profile_shows_linked_identities(world: World, ada: FlaskClient) -> None:
    world.provider.about = {
        "sub": ADA,
        "preferred_username": "ada@example.org",
        "identity_provider_display_name": "Example <University>",
        "identity_set": [
            {"sub": ADA, "username": "ada@example.org"},
            {"sub": BEN, "username": "ada@lab.example.net", "organization": None},
            "nonsense",
        ],
    }
    page = ada.get("/profile").text
    assert "Example &lt;University&gt;" in page
    assert page.count("ada@lab.example.net") == 1


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
            "Gecko) Version/18.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("<script>", "A browser"),
        ("", "A browser"),
    ],
)
def test_devices_have_names(user_agent: str, words: str) -> None:
    assert describe(user_agent) == words


def test_a_seal_opens_only_with_its_key_and_beside_its_row() -> None:
    sealer = Sealer("a secret", purpose="tokens")
    sealed = sealer.seal("hush", bound_to="row 1")
    assert sealer.open(sealed, bound_to="row 1") == "hush"
    assert sealed != sealer.seal("hush", bound_to="row 1")
    assert sealer.open(sealed, bound_to="row 2") is None
    assert Sealer("another", purpose="tokens").open(sealed, bound_to="row 1") is None
    assert Sealer("a secret", purpose="mails").open(sealed, bound_to="row 1") is None
    assert sealer.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), bound_to="row 1") is None
    assert sealer.open(b"", bound_to="row 1") is None
