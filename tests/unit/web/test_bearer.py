"""Programs come in with a token, for what it may do and as long as it lives."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.accounts.tokens import new_token
from gas.scopes import USUAL, Scope
from tests.unit.web.conftest import ADA, BEN, JSON, PROBLEM, World, make_job

HOUR, DAY = 3600, 86_400
SCOPE = "https://auth.example.org/scopes/client-1/api"


def token(world: World, *scopes: Scope, user: str = ADA, days: int | None = 1) -> str:
    world.log_in(user)
    found = frozenset(scopes or Scope)
    now = world.clock.now()
    return world.services.tokens.issue(user, name="t", scopes=found, days=days, now=now)[1]


def bearing(text: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}", **more}


def test_a_token_sees_what_its_person_sees_and_nothing_else(world: World) -> None:
    mine, foreign = make_job(world), make_job(world, BEN)
    headers = bearing(token(world, Scope.JOBS_READ))
    client = world.client()
    listed = client.get("/annotations", headers=headers).json
    assert [job["job_id"] for job in listed["jobs"]] == [mine.job_id]
    assert client.get(f"/annotations/{foreign.job_id}", headers=headers).status_code == 404


def test_a_client_with_a_token_gets_json_without_asking_for_it(world: World) -> None:
    answer = world.client().get("/annotations", headers=bearing(token(world)))
    assert answer.mimetype == "application/json"
    page = world.client().get("/annotations", headers=bearing(token(world), Accept="text/html"))
    assert page.mimetype == "text/html"


def test_a_token_needs_no_token_of_a_form_and_cookies_do_not_help_it(world: World) -> None:
    job = make_job(world)
    browser = world.log_in(BEN)
    answer = browser.post(f"/annotations/{job.job_id}/cancel", headers=bearing(token(world)))
    assert (answer.status_code, answer.json["job_status"]) == (200, "CANCELLED")
    bad = browser.get("/annotations", headers=bearing(new_token(), **JSON))
    assert (bad.status_code, bad.json["error"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("presented", "message"),
    [
        (new_token(), "was revoked or never issued"),
        (new_token()[:-1], "not a whole token"),
        ("gaspat_", "not a whole token"),
        ("some-globus-token", "no token of this service"),
    ],
    ids=["unknown", "cut off", "prefix only", "another's"],  # the tokens themselves are random
)
def test_what_opens_nothing_is_told_why(world: World, presented: str, message: str) -> None:
    answer = world.client().get("/annotations", headers=bearing(presented, **PROBLEM))
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")
    assert message in answer.json["detail"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gas", error="invalid_token"'


def test_nobody_at_all_is_told_how_to_come_in(world: World) -> None:
    answer = world.client().get("/annotations", headers=JSON)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="gas"')


def test_an_expired_and_a_revoked_token_open_nothing(world: World) -> None:
    old, gone = token(world, days=1), token(world, days=30)
    world.clock.advance(DAY)
    answer = world.client().get("/annotations", headers=bearing(old, **JSON))
    assert (answer.status_code, "has expired" in answer.json["message"]) == (401, True)
    [record] = world.services.tokens.of_user(ADA, now=world.clock.now())
    assert world.services.tokens.revoke(ADA, record.token_id, now=world.clock.now())
    answer = world.client().get("/annotations", headers=bearing(gone, **JSON))
    assert (answer.status_code, "was revoked" in answer.json["message"]) == (401, True)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/annotations", Scope.JOBS_READ),
        ("POST", "/annotations", Scope.JOBS_WRITE),
        ("GET", "/annotate/files", Scope.JOBS_READ),
        ("POST", "/annotate/uploads", Scope.JOBS_WRITE),
        ("POST", "/api/v1/variants", Scope.VARIANTS_READ),
    ],
)
def test_every_other_scope_is_too_little(
    world: World, method: str, path: str, scope: Scope
) -> None:
    others = bearing(token(world, *(set(Scope) - {scope})), **PROBLEM)
    answer = world.client().open(path, method=method, headers=others, json={})
    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
    assert f'scope="{scope.value}"' in answer.headers["WWW-Authenticate"]
    right = bearing(token(world, scope), **PROBLEM)
    answer = world.client().open(path, method=method, headers=right, json={})
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    "path",
    ["/profile", "/account/export", "/account/delete", "/account/tokens", "/billing"],
)
def test_what_is_for_a_person_is_for_no_token(world: World, path: str) -> None:
    answer = world.client().get(path, headers=bearing(token(world), **PROBLEM))
    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


# ------------------------------------------------------------------- Globus's own tokens


@pytest.fixture
def globus(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A world that takes Globus tokens, the evidence Globus gives, and how often it was asked."""

    class Globus:
        def __init__(self) -> None:
            self.world = make_world(globus_api_scope=SCOPE)
            self.asked = 0
            self.evidence: dict[str, Any] = {
                "active": True,
                "sub": ADA,
                "aud": ["client-1", "other"],
                "scope": f"openid {SCOPE}",
                "exp": self.world.clock.now() + 10 * HOUR,
                "client_id": "a-native-app",
            }
            monkeypatch.setattr(self.world.provider, "introspect", self.introspect)

        def introspect(self, _token: str) -> dict[str, Any]:
            self.asked += 1
            return self.evidence

        def get(self) -> Any:
            headers = bearing("globus-token", **PROBLEM)
            return self.world.client().get("/annotations", headers=headers)

    return Globus()


def test_a_globus_token_for_this_service_opens_what_its_person_may_see(globus: Any) -> None:
    globus.world.log_in(ADA)
    job = make_job(globus.world)
    listed = globus.get()
    assert [each["job_id"] for each in listed.json["jobs"]] == [job.job_id]
    globus.get()
    asked = globus.asked
    globus.evidence = {"active": False}
    assert globus.get().status_code == 200
    assert globus.asked == asked
    globus.world.clock.advance(31)
    assert globus.get().status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"active": False},
        {"aud": ["somebody-else"]},
        {"aud": None},
        {"scope": "openid email"},
        {"exp": 1},
        {"exp": None},
        {"sub": BEN},
    ],
)
def test_a_globus_token_for_others_opens_nothing(globus: Any, change: dict[str, Any]) -> None:
    globus.world.log_in(ADA)
    globus.evidence |= change
    answer = globus.get()
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")


# ------------------------------------------------------------------- the page


HOME = {"Referer": "https://gas.example.org/account/tokens"}


def form_token(client: FlaskClient) -> str:
    page = client.get("/account/tokens").text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_token_is_made_shown_once_and_revoked(world: World, ada: FlaskClient) -> None:
    form = {"csrf_token": form_token(ada), "name": "cluster", "scope": ["jobs:read"], "days": "7"}
    made = ada.post("/account/tokens", data=form, headers=HOME)
    assert made.status_code == 201
    fresh = made.text.split('id="fresh">')[1].split("<")[0]
    assert world.client().get("/annotations", headers=bearing(fresh)).status_code == 200
    later = ada.get("/account/tokens").text
    assert fresh not in later
    assert f"…{fresh[-4:]}" in later
    [record] = world.services.tokens.of_user(ADA, now=world.clock.now())
    revoke = f"/account/tokens/{record.token_id}/revoke"
    ben = world.log_in(BEN)
    assert ben.post(revoke, data={"csrf_token": form_token(ben)}, headers=HOME).status_code == 404
    assert ada.post(revoke, data={"csrf_token": form_token(ada)}, headers=HOME).status_code == 303
    assert world.client().get("/annotations", headers=bearing(fresh)).status_code == 401


def test_whom_the_command_sends_finds_its_rights_ticked(ada: FlaskClient) -> None:
    def ticked(path: str) -> set[str]:
        return set(re.findall(r'value="([a-z:]+)" checked', ada.get(path).text))

    assert ticked("/account/tokens") == {"jobs:read"}
    assert ticked("/account/tokens?for=command") == {scope.value for scope in USUAL}


def test_logging_out_everywhere_revokes_all_tokens(world: World, ada: FlaskClient) -> None:
    mine, theirs = token(world), token(world, user=BEN)
    ada.post("/account/logout-everywhere", data={"csrf_token": form_token(ada)}, headers=HOME)
    assert world.client().get("/annotations", headers=bearing(mine)).status_code == 401
    assert world.client().get("/annotations", headers=bearing(theirs)).status_code == 200


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"scope": []}, {"scope": ["root"]}, {"days": ""}, {"days": "9999"}]
)
def test_a_form_that_is_not_filled_makes_no_token(
    world: World, ada: FlaskClient, change: dict[str, Any]
) -> None:
    form = {"csrf_token": form_token(ada), "name": "x", "scope": ["jobs:read"], "days": "7"}
    answer = ada.post("/account/tokens", data=form | change, headers=HOME)
    assert answer.status_code == 400
    assert "No token was made" in answer.text
    assert list(world.services.tokens.of_user(ADA, now=world.clock.now())) == []
