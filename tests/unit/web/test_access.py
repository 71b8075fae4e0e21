"""Who may see what: every route, and other people's things."""

import json
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from gas.errors import ServiceUnavailable
from gas.jobs import new_job_id
from tests.unit.web.conftest import ADA, BEN, JSON, PROBLEM, PUBLIC_URL, World, complete, make_job

PUBLIC = {
    "static",
    "api.docs",
    "api.openapi",
    "bootstrap.static",
    "device_programs.code",  # they look at no session; the code decides
    "device_programs.token",
    "home.index",
    "auth.login",
    "auth.callback",
    "auth.logout",
    "farewell.certificate_keys",
    "farewell.deleted",
    "health.healthz",
    "metrics",  # to whoever has the token of its own
    "health.readyz",
    "help.page",
    "status.page",
    "store_events.receive",  # the secret of the store is checked instead
    "stripe_webhook.receive",  # its signature is checked instead
}
"""Everything that strangers may reach. A new route is private unless it is added here."""

FOR_GUESTS = ("shared.", "shared_entrance.")
"""Routes that whoever has a link may reach; for strangers there is nothing."""


def _path(rule: Rule) -> str:
    one = new_job_id()
    values = {"record": 1, "alt_index": 1}
    values |= {name: one for name in rule.arguments if name.endswith("_id") and name != "token_id"}
    _, path = rule.build({name: values.get(name, "x") for name in rule.arguments}) or ("", "")
    return str(path)


def _token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/").text)
    assert found
    return found.group(1)


def test_every_private_route_sends_strangers_to_the_login(world: World) -> None:
    walked = set()
    client = world.client()
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint in PUBLIC or rule.endpoint.startswith(FOR_GUESTS):
            continue
        path = _path(rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if method == "GET" and not path.startswith("/api/"):
                page = client.get(path)
                assert (page.status_code, page.location.split("?")[0]) == (302, "/login"), path
            machine = client.open(path, method=method, headers=JSON)
            assert machine.status_code == 401, (method, path)
            # The API always answers with problem details, the others as they are asked to.
            assert machine.json.get("error", machine.json["code"]) == "login_required"
            walked.add((method, rule.endpoint))
    assert ("POST", "annotations.submit") in walked
    assert ("GET", "annotations.download") in walked


def test_without_a_link_its_pages_are_not_there(world: World) -> None:
    rules = [r for r in world.app.url_map.iter_rules() if r.endpoint.startswith(FOR_GUESTS)]
    assert len(rules) > 8
    for rule in rules:
        page = world.client().get(_path(rule))
        assert page.status_code == 404, rule
        assert page.headers["X-Robots-Tag"].startswith("noindex")


def test_the_list_of_public_routes_names_only_routes(world: World) -> None:
    assert {rule.endpoint for rule in world.app.url_map.iter_rules()} >= PUBLIC


def test_a_stranger_comes_back_to_where_he_wanted_to_go(world: World) -> None:
    answer = world.client().get("/annotations?cursor=a")
    assert answer.location == "/login?next=/annotations?cursor%3Da"


@pytest.mark.parametrize("tail", ["", "/log", "/results/annotated", "/results/log"])
@pytest.mark.parametrize("headers", [{}, JSON])
def test_other_peoples_jobs_are_not_there(
    world: World, ada: FlaskClient, tail: str, headers: dict[str, str]
) -> None:
    foreign = complete(world, make_job(world, BEN))
    answer = ada.get(f"/annotations/{foreign.job_id}{tail}", headers=headers)
    absent = ada.get(f"/annotations/{new_job_id()}{tail}", headers=headers)
    assert answer.status_code == absent.status_code == 404
    assert foreign.input_file_name not in answer.text


def test_lists_hold_only_ones_own(world: World, ada: FlaskClient) -> None:
    mine, foreign = make_job(world), make_job(world, BEN)
    for job in (mine, foreign):
        world.inputs.put(job.s3_key_input_file, b"x")
    page = ada.get("/annotations").text
    assert mine.job_id in page
    assert foreign.job_id not in page
    files = ada.get("/annotate/files").json["files"]
    assert [file["job_id"] for file in files] == [mine.job_id]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/annotate/uploads", {"file_name": "a.vcf", "size": 10}),
        ("/annotations", {"input_file": "x"}),
        ("/logout", None),
    ],
)
def test_posts_without_the_csrf_token_are_refused(
    ada: FlaskClient, path: str, body: dict[str, object] | None
) -> None:
    answer = ada.post(path, json=body, headers={**PROBLEM, "Referer": PUBLIC_URL + "/"})
    assert (answer.status_code, answer.json["code"]) == (400, "csrf_failed")
    assert ada.get("/profile").status_code == 200


def test_a_token_of_another_session_is_refused(world: World, ada: FlaskClient) -> None:
    foreign = _token(world.log_in(BEN))
    answer = ada.post("/logout", headers={"X-CSRFToken": foreign, "Referer": PUBLIC_URL + "/"})
    assert answer.status_code == 400


def test_the_session_ends_after_its_hours(world: World, ada: FlaskClient) -> None:
    world.clock.advance(12 * 3600 - 1)
    assert ada.get("/profile").status_code == 200
    world.clock.advance(1)
    assert ada.get("/profile").status_code == 302


def test_an_erased_account_is_logged_out(world: World, ada: FlaskClient) -> None:
    del world.accounts._accounts[ADA]
    assert ada.get("/annotations").status_code == 302


def test_without_the_database_pages_say_so(world: World, ada: FlaskClient) -> None:
    world.accounts.down = True
    answer = ada.get("/annotations")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "The accounts database is down." in answer.text
    assert ada.get("/healthz").status_code == 200


def test_readiness_names_what_is_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client()
    assert client.get("/readyz").status_code == 200

    def away(*_: object, **__: object) -> None:
        raise ServiceUnavailable("away")

    monkeypatch.setattr(world.inputs, "list", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.text)["checks"] == {
        "accounts": True,
        "jobs": True,
        "inputs": False,
        "results": True,
    }
