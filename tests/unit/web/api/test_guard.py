"""Who may ask what, how often, and how errors are told."""

from collections.abc import Callable
from typing import Any

import pytest

from gas.jobs import new_job_id
from gas.plans import Plan
from gas.scopes import Scope
from tests.unit.web.api.conftest import Call, caller, issue
from tests.unit.web.conftest import ADA, BEN, World, complete, make_job
from web.api.routes import api

OPERATIONS = api.operations


def path_of(rule: str, job_id: str) -> str:
    values = {
        "<uuid:job_id>": job_id,
        "<uuid:endpoint_id>": job_id,
        "<uuid:import_id>": job_id,
        "<uuid:share_id>": job_id,
        "<uuid:project_id>": job_id,
        "<uuid:user_id>": job_id,
        "<uuid:invitation_id>": job_id,
        "<delivery_id>": "msg_0",
        "<kind>": "annotated",
        "<name>": "demo",
    }
    for place, value in values.items():
        rule = rule.replace(place, value)
    return rule


BODIES = {"create_share": {"name": "for Ben"}}
"""What an operation has to be sent before it looks whose the job is."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_who_may_do_it(world: World, operation: Any) -> None:
    """Every operation x nobody, expired, too little, a stranger's job, one's own."""
    job = complete(world, make_job(world))
    path = path_of(operation.rule, job.job_id)
    nobody = world.client().open(f"/api/v1{path}", method=operation.method)
    assert (nobody.status_code, nobody.json["code"]) == (401, "login_required")
    assert nobody.mimetype == "application/problem+json"

    others = caller(world, issue(world, scopes=frozenset(Scope) - {operation.scope}))
    refused = others(operation.method, path, json={})
    assert (refused.status_code, refused.json["code"]) == (403, "insufficient_scope")

    if "<uuid:job_id>" in operation.rule:
        stranger = caller(world, issue(world, BEN))
        body = BODIES.get(operation.id, {})
        foreign = stranger(operation.method, path, json=body)
        absent = stranger(operation.method, path_of(operation.rule, new_job_id()), json=body)
        assert foreign.status_code == absent.status_code == 404
        assert job.input_file_name not in foreign.text

    token = issue(world, scopes=frozenset({operation.scope}))
    mine = caller(world, token)(operation.method, path, json={})
    assert mine.status_code < 500
    assert mine.status_code not in (401, 403)
    world.clock.advance(2 * 86_400)
    expired = caller(world, token)(operation.method, path, json={})
    assert (expired.status_code, expired.json["code"]) == (401, "invalid_token")


def test_a_person_in_the_browser_may_ask_too_but_not_from_another_site(world: World) -> None:
    job = make_job(world)
    browser = world.log_in(ADA)
    assert browser.get(f"/api/v1/jobs/{job.job_id}").json["job_id"] == job.job_id
    forged = browser.post(f"/api/v1/jobs/{job.job_id}/cancel")
    assert (forged.status_code, forged.json["code"]) == (400, "csrf_failed")


def test_the_limit_is_told_and_held(make_world: Callable[..., World]) -> None:
    world = make_world(free_requests_per_minute=3, premium_requests_per_minute=5)
    call = caller(world, issue(world))
    answers = [call("GET", "/packs") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers[:3]] == ["2", "1", "0"]
    refused = answers[-1]
    assert refused.json["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) in (19, 20)
    assert refused.json["upgrade"].endswith("/billing")
    other = caller(world, issue(world, BEN))
    assert other("GET", "/packs").status_code == 200
    world.accounts.set_plan(BEN, Plan.PREMIUM)
    assert other("GET", "/packs").headers["RateLimit-Limit"] == "5"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/jobs?limit=0", "limit"),
        ("/jobs?limit=many", "limit"),
        ("/jobs?status=DONE", "status"),
        ("/jobs?since=yesterday", "since"),
        ("/jobs?since=2026-01-01T00:00:00", "since"),
        ("/jobs?colour=red", "colour"),
        ("/jobs?limit=1&limit=2", "limit"),
        ("/packs?x=1", "x"),
    ],
)
def test_a_wrong_parameter_is_named(call: Call, path: str, named: str) -> None:
    answer = call("GET", path)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert named in answer.json["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"file_name": "a.vcf"}', b'{"x": 1}'])
def test_a_wrong_body_is_refused(call: Call, body: bytes) -> None:
    answer = call("POST", "/uploads", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_what_has_not_changed_is_not_sent_again(world: World, call: Call) -> None:
    job = complete(world, make_job(world))
    first = call("GET", f"/jobs/{job.job_id}")
    again = call("GET", f"/jobs/{job.job_id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = call("GET", "/packs", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
