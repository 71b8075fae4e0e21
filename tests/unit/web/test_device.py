"""Logging in on a device without a browser: one code, one decision, one token."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.accounts.devices import LIFE_SECONDS, typed_code
from gas.accounts.sessions import digest_of
from gas.messages import AccountNotice
from gas.scopes import USUAL
from tests.unit.web.conftest import ADA, PUBLIC_URL, World
from web.device.programs import GRANT
from web.device.routes import TYPED_A_MINUTE


def begin(world: World, **wishes: str) -> dict[str, Any]:
    answer = world.client().post("/device/code", json={"name": "cluster", **wishes})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def ask(world: World, begun: dict[str, Any]) -> dict[str, Any]:
    question = {"grant_type": GRANT, "device_code": begun["device_code"]}
    found: dict[str, Any] = world.client().post("/device/token", json=question).json
    return found


def post(browser: FlaskClient, path: str, **form: str) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/device").text)
    assert token
    data = {"csrf_token": token[1], **form}
    return browser.post(path, data=data, headers={"Referer": f"{PUBLIC_URL}/device"})


def test_a_device_gets_a_token_once_when_its_person_allows_it(
    world: World, ada: FlaskClient
) -> None:
    begun = begin(world)
    assert begun["verification_uri"] == f"{PUBLIC_URL}/device"
    assert ask(world, begun) == {"error": "authorization_pending"}
    assert ask(world, begun) == {"error": "slow_down"}
    shown = post(ada, "/device", code=begun["user_code"].lower().replace("-", " "))
    assert "cluster" in shown.text
    assert "Upload files" in shown.text
    done = post(ada, "/device/decide", code=begun["user_code"], decision="allowed")
    assert done.status_code == 200
    given = ask(world, begun)
    assert given["scope"].split() == sorted(USUAL)
    me = world.client().get(
        "/api/v1/account", headers={"Authorization": f"Bearer {given['access_token']}"}
    )
    assert me.json["user_id"] == ADA
    assert ask(world, begun) == {"error": "expired_token"}
    (notice,) = world.services.notices.published  # type: ignore[attr-defined]
    assert AccountNotice.from_json(notice).kind == "token_made"


def test_who_refuses_is_obeyed(world: World, ada: FlaskClient) -> None:
    begun = begin(world)
    post(ada, "/device/decide", code=begun["user_code"], decision="denied")
    assert ask(world, begun) == {"error": "access_denied"}
    late = post(ada, "/device/decide", code=begun["user_code"], decision="allowed")
    assert late.status_code == 400
    assert ask(world, begun) == {"error": "expired_token"}


def test_a_code_ends(world: World, ada: FlaskClient) -> None:
    begun = begin(world)
    world.clock.advance(LIFE_SECONDS)
    assert post(ada, "/device", code=begun["user_code"]).status_code == 400
    assert ask(world, begun) == {"error": "expired_token"}


def test_codes_cannot_be_tried_one_after_the_other(world: World, ada: FlaskClient) -> None:
    answers = [post(ada, "/device", code="BBBBBBBB") for _ in range(TYPED_A_MINUTE + 1)]
    assert [each.status_code for each in answers] == [400] * TYPED_A_MINUTE + [429]


def test_an_address_alone_decides_nothing(world: World, ada: FlaskClient) -> None:
    begun = begin(world)
    assert begun["user_code"] in ada.get(begun["verification_uri_complete"]).text
    assert ask(world, begun) == {"error": "authorization_pending"}
    assert world.client().get("/device").status_code == 302


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/device/code", {"name": ""}),
        ("/device/code", {"name": "a\nb"}),
        ("/device/code", {"scope": "everything"}),
        ("/device/token", {"grant_type": GRANT}),
        ("/device/token", {"grant_type": "password", "device_code": "x"}),
    ],
)
def test_what_is_no_question_is_refused(world: World, path: str, body: dict[str, str]) -> None:
    assert world.client().post(path, json=body).status_code == 400


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bcdf ghjk", "BCDF-GHJK"),
        ("BCDFGHJK", "BCDF-GHJK"),
        ("BCDF-GHJ", None),
        ("BCDF-GHJA", None),
        ("", None),
    ],
)
def test_codes_are_read_as_people_type_them(text: str, code: str | None) -> None:
    assert typed_code(text) == code


def test_codes_are_counted_by_the_network_that_the_proxy_saw(
    make_world: Callable[..., World],
) -> None:
    world = make_world(trusted_proxies=1)
    headers = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7"}
    assert world.client().post("/device/code", json={}, headers=headers).status_code == 200
    (waiting,) = world.services.devices.rows  # type: ignore[attr-defined]
    assert waiting.origin == digest_of("198.51.100.0/24")


def test_what_a_persons_programs_ask_leaves_them_their_codes(
    world: World, ada: FlaskClient
) -> None:
    begun = begin(world)
    while world.services.rates.take(ADA, limit=120, now=time.time()).allowed:
        pass
    assert post(ada, "/device", code=begun["user_code"]).status_code == 200
