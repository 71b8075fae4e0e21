"""Logging in with Globus: what is asked, what is accepted, what the session then holds."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.plans import Plan
from tests.unit.web.conftest import ADA, BEN, PUBLIC_URL, World, asked
from tests.unit.web.test_access import _token
from web.auth.login import MAX_ATTEMPT_SECONDS, safe_next


def start(client: FlaskClient, next_path: str = "/annotations") -> dict[str, str]:
    return asked(client.get("/login", query_string={"next": next_path}))


def come_back(client: FlaskClient, state: str, code: str = "good-code") -> Any:
    return client.get("/authcallback", query_string={"code": code, "state": state})


def test_a_login_leads_to_where_it_started(world: World) -> None:
    client = world.client()
    sent = start(client)
    world.provider.claims = world.claims(ADA, nonce=sent["nonce"])
    back = come_back(client, sent["state"])
    assert (back.status_code, back.location) == (302, "/annotations")
    page = client.get("/profile").text
    for fact in ("Ada Lovelace", "ada1@example.org", "Example Institute", "Free"):
        assert fact in page


def test_the_code_is_bound_by_pkce(world: World) -> None:
    client = world.client()
    sent = start(client)
    world.provider.claims = world.claims(ADA, nonce=sent["nonce"])
    come_back(client, sent["state"])
    (exchange,) = world.provider.exchanged
    digest = hashlib.sha256(exchange["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"]
    assert exchange["redirect_uri"] == sent["redirect_uri"] == f"{PUBLIC_URL}/authcallback"


def test_secrets_of_a_login_are_fresh(world: World) -> None:
    first, second = start(world.client()), start(world.client())
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) >= 32


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("nonce", "another"),
        ("nonce", None),
        ("iss", "https://evil.example.org"),
        ("iss", None),
        ("aud", "another-client"),
        ("aud", ["another-client"]),
        ("aud", None),
        ("azp", "another-client"),
        ("exp", 1),
        ("exp", None),
        ("sub", "not-a-uuid"),
        ("sub", None),
        ("email", None),
    ],
)
def test_claims_that_do_not_fit_are_refused(world: World, claim: str, value: object) -> None:
    client = world.client()
    sent = start(client)
    world.provider.claims = {**world.claims(ADA, nonce=sent["nonce"]), claim: value}
    assert come_back(client, sent["state"]).status_code == 400
    assert client.get("/profile").status_code == 302


def test_an_unknown_state_is_refused(world: World) -> None:
    client = world.client()
    sent = start(client)
    world.provider.claims = world.claims(ADA, nonce=sent["nonce"])
    assert come_back(client, "another-state").status_code == 400
    assert world.provider.exchanged == []


def test_a_state_of_another_browser_is_refused(world: World) -> None:
    attacker, victim = world.client(), world.client()
    sent = start(attacker)
    world.provider.claims = world.claims(BEN, nonce=sent["nonce"])
    assert come_back(victim, sent["state"]).status_code == 400
    assert victim.get("/profile").status_code == 302


def test_a_state_is_good_once(world: World) -> None:
    client = world.client()
    sent = start(client)
    world.provider.claims = world.claims(ADA, nonce=sent["nonce"])
    assert come_back(client, sent["state"]).status_code == 302
    world.provider.codes.add("good-code")
    assert come_back(client, sent["state"]).status_code == 400


def test_a_replayed_code_is_refused(world: World) -> None:
    client = world.client()
    first = start(client)
    second = start(client)
    world.provider.claims = world.claims(ADA, nonce=first["nonce"])
    assert come_back(client, first["state"]).status_code == 302
    thief = world.client()
    sent = start(thief)
    assert come_back(thief, sent["state"]).status_code == 400
    assert second["state"] != first["state"]


def test_two_tabs_may_log_in_at_once(world: World) -> None:
    client = world.client()
    first, second = start(client), start(client, "/profile")
    world.provider.claims = world.claims(ADA, nonce=first["nonce"])
    assert come_back(client, first["state"]).location == "/annotations"
    assert second["state"] != first["state"]


def test_a_login_that_took_too_long_is_refused(world: World) -> None:
    client = world.client()
    sent = start(client)
    world.clock.advance(MAX_ATTEMPT_SECONDS + 1)
    world.provider.claims = world.claims(ADA, nonce=sent["nonce"])
    assert come_back(client, sent["state"]).status_code == 400


def test_a_cancelled_login_says_so(world: World) -> None:
    client = world.client()
    sent = start(client)
    answer = client.get(
        "/authcallback", query_string={"error": "access_denied", "state": sent["state"]}
    )
    assert answer.status_code == 400
    assert "The login was cancelled." in answer.text


def test_a_session_from_before_the_login_is_gone(world: World) -> None:
    client = world.client()
    with client.session_transaction(base_url=PUBLIC_URL) as session:
        session["planted"] = "by an attacker"
        session["csrf_token"] = "known"
    world.log_in(ADA, client)
    with client.session_transaction(base_url=PUBLIC_URL) as session:
        assert "planted" not in session
        assert session.get("csrf_token") != "known"
        assert set(session) == {"_permanent", "token"}


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [
        ("https://gas.example.org", "__Host-gas_session", True),
        ("http://127.0.0.1:8000", "gas_session", False),
    ],
)
def test_the_session_cookie_is_hardened(
    make_world: Callable[..., World], public_url: str, name: str, secure: bool
) -> None:
    world = make_world(public_url=public_url)
    cookie = world.client().get("/login", base_url=public_url).headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert ("Secure" in cookie) is secure


def test_logging_in_again_keeps_the_plan(world: World) -> None:
    world.log_in(ADA)
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    assert "Premium" in world.log_in(ADA).get("/profile").text


def test_logging_out_ends_the_session_here_and_at_globus(world: World, ada: FlaskClient) -> None:
    answer = ada.post(
        "/logout", data={"csrf_token": _token(ada)}, headers={"Referer": PUBLIC_URL + "/"}
    )
    assert answer.status_code == 303
    assert answer.location.startswith("https://auth.example.org/v2/web/logout?")
    assert ada.get("/profile").status_code == 302
    assert ada.get("/logout").status_code == 405


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/annotations", "/annotations"),
        ("/annotate/done?bucket=b&key=u%2Fj~n", "/annotate/done?bucket=b&key=u%2Fj~n"),
        ("", "/annotate"),
        ("annotations", "/annotate"),
        ("https://evil.example.org", "/annotate"),
        ("//evil.example.org", "/annotate"),
        ("/\\evil.example.org", "/annotate"),
        ("/x\\y", "/annotate"),
        ("/\t/evil.example.org", "/annotate"),
        ("/a\r\nSet-Cookie: x", "/annotate"),
        ("javascript:alert(1)", "/annotate"),
        ("/" + "a" * 2000, "/annotate"),
    ],
)
def test_only_paths_of_this_app_are_followed(world: World, path: str, expected: str) -> None:
    assert safe_next(path) == expected
