"""Projects over HTTP: who is asked in, what members may do, and what strangers are told."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gas.access import Role
from gas.errors import InvalidRequest
from gas.jobs import Job
from gas.messages import ProjectInvitation
from gas.scopes import Scope
from gas.sharing.invitations import A_DAY
from tests.unit.web.conftest import ADA, BEN, JSON, PUBLIC_URL, World, complete, make_job
from web.account.export_sharing import sharing_of
from web.context import EXTENSION

EVE = "33333333-3333-4333-8333-333333333333"


def post(browser: FlaskClient, path: str, **form: Any) -> TestResponse:
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/help").text)
    assert token
    data = {"csrf_token": token[1], **form}
    return browser.post(path, data=data, headers={"Referer": PUBLIC_URL})


def project_of(world: World, *, ben: Role | None = None, jobs: tuple[Job, ...] = ()) -> str:
    """A project of Ada's, perhaps with Ben and some jobs of hers."""
    now = world.clock.now()
    world.log_in(ADA)
    made = world.sharing.projects.create(ADA, "Exomes", now=now).project_id
    if ben:
        world.log_in(BEN)
        asked = world.sharing.invitations.invite(ADA, made, "2222@example.org", ben, now=now)
        world.sharing.invitations.answer(
            BEN, ["2222@example.org"], asked.invitation_id, accept=True, now=now
        )
    world.sharing.contents.add(ADA, made, [job.job_id for job in jobs], now=now)
    return made


def test_from_a_name_to_a_member(world: World, ada: FlaskClient) -> None:
    made = post(ada, "/projects", name="Exomes")
    where = made.location
    assert made.status_code == 303
    asked = post(ada, f"{where}/invitations", email="2222@Example.org", role="viewer")
    assert asked.status_code == 303
    message = ProjectInvitation.from_json(world.notices.published[-1])
    assert (message.email, message.project, message.invited_by) == (
        "2222@example.org",
        "Exomes",
        "Ada Lovelace",
    )
    ben = world.log_in(BEN)
    assert ben.get(where).status_code == 404
    page = ben.get("/projects").text
    assert "Exomes" in page
    accepted = post(ben, f"/projects/invitations/{message.invitation_id}", answer="accept")
    assert (accepted.status_code, accepted.location) == (303, where)
    assert "Ada Lovelace" in ben.get(where).text
    eve = world.log_in(EVE)
    stolen = post(eve, f"/projects/invitations/{message.invitation_id}", answer="accept")
    assert stolen.status_code == 404
    assert eve.get(where).status_code == 404


def test_an_identity_linked_at_globus_counts(world: World) -> None:
    project = project_of(world)
    now = world.clock.now()
    world.sharing.invitations.invite(ADA, project, "ben@uni.example", Role.VIEWER, now=now)
    ben = world.log_in(BEN)
    assert "Exomes" not in ben.get("/projects").text
    world.provider.about = {
        "sub": BEN,
        "identity_set": [{"sub": EVE, "username": "ben@uni.example"}],
    }
    assert "Exomes" in ben.get("/projects").text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_what_members_may_do_with_a_job(world: World, role: Role) -> None:
    job = complete(world, make_job(world))
    world.inputs.put(job.s3_key_input_file, b"x")
    project = project_of(world, ben=role, jobs=(job,))
    ben = world.log_in(BEN)
    where = f"/annotations/{job.job_id}"
    page = ben.get(where)
    assert page.status_code == 200
    assert "a job of <strong>Ada Lovelace" in page.text
    assert "Delete this job" not in page.text
    assert ("Run it again" in page.text) == (role is Role.EDITOR)
    assert ben.get(where, headers=JSON).json["job_status"] == "COMPLETED"
    assert ben.get(f"{where}/log").status_code == 200
    assert ben.get(f"{where}/results/annotated").status_code == 303
    assert post(ben, f"{where}/cancel").status_code == 403
    assert post(ben, f"{where}/delete").status_code == 403
    assert ben.get(f"{where}/shares").status_code == 403
    again = post(ben, f"{where}/retry", pack="demo")
    if role is Role.VIEWER:
        assert again.status_code == 403
        return
    assert again.status_code == 303
    made = world.jobs.get(again.location.rsplit("/", 1)[1])
    assert made is not None
    assert made.user_id == BEN
    assert world.log_in(ADA).get(again.location).status_code == 200  # it is in the project too
    listed = ben.get(f"/annotations?project={project}", headers=JSON).json["jobs"]
    assert {each["job_id"] for each in listed} == {job.job_id, made.job_id}


def test_members_are_not_led_to_the_trace_which_is_its_owners(world: World) -> None:
    job = complete(world, make_job(world))
    project_of(world, ben=Role.EDITOR, jobs=(job,))
    settings = world.services.settings.model_copy(
        update={"trace_page": "https://traces.example.org/jobs/{job_id}"}
    )
    world.app.extensions[EXTENSION] = replace(world.services, settings=settings)
    pages = [world.log_in(each).get(f"/annotations/{job.job_id}").text for each in (ADA, BEN)]
    assert [job.job_id in page for page in pages] == [True, True]
    assert ["traces.example.org" in page for page in pages] == [True, False]


def test_a_token_puts_jobs_into_projects_only_if_it_may_show_them(world: World) -> None:
    job, project, now = make_job(world), project_of(world), world.clock.now()

    def bearing(*scopes: Scope) -> dict[str, str]:
        issued = world.services.tokens.issue(
            ADA, name="t", scopes=frozenset(scopes), days=1, now=now
        )
        return {"Authorization": f"Bearer {issued[1]}", **JSON}

    def asked(headers: dict[str, str]) -> list[int]:
        file = {"file_name": "a.vcf", "size": 9, "project": project}
        put = {"action": "put", "into": project, "job": job.job_id}
        client = world.client()
        return [
            client.post("/annotations/bulk", data=put, headers=headers).status_code,
            client.post("/annotate/uploads", json=file, headers=headers).status_code,
            client.post("/annotate/uploads/parts", json=file, headers=headers).status_code,
        ]

    assert asked(bearing(Scope.JOBS_READ, Scope.JOBS_WRITE)) == [403, 403, 403]
    assert world.sharing.contents.list(ADA, project, limit=9) == []
    assert 403 not in asked(bearing(Scope.JOBS_WRITE, Scope.SHARING_WRITE))
    assert [each.job_id for each in world.sharing.contents.list(ADA, project, limit=9)].count(
        job.job_id
    ) == 1


def test_deleting_projects_gives_no_mails_back(world: World) -> None:
    project = project_of(world)
    for number in range(A_DAY):
        world.sharing.invite(ADA, project, f"p{number}@uni.example", Role.VIEWER)
    world.sharing.projects.delete(ADA, project)
    with pytest.raises(InvalidRequest, match="today"):
        world.sharing.invite(ADA, project_of(world), "more@uni.example", Role.VIEWER)
    assert len(world.notices.published) == A_DAY


def test_the_list_of_a_project_and_what_is_done_to_many(world: World) -> None:
    job, other = make_job(world), make_job(world)
    project = project_of(world, ben=Role.EDITOR, jobs=(job,))
    ben = world.log_in(BEN)
    mine = make_job(world, BEN)
    page = ben.get(f"/annotations?project={project}").text
    assert job.job_id in page
    assert other.job_id not in page
    assert f'name="job" value="{job.job_id}"' not in page
    put = post(ben, "/annotations/bulk", action="put", into=project, job=[mine.job_id, job.job_id])
    assert put.status_code == 303
    assert mine.job_id in ben.get(put.location).text
    everything = post(
        ben, "/annotations/bulk", action="delete", all="yes", project=project, confirmed="yes"
    )
    assert everything.status_code == 400
    deleted = post(ben, "/annotations/bulk", action="delete", job=job.job_id, confirmed="yes")
    assert "0 deleted" in deleted.text
    assert world.jobs.get(job.job_id).erasing_at is None  # type: ignore[union-attr]
    eve = world.log_in(EVE)
    assert eve.get(f"/annotations?project={project}").status_code == 404
    assert eve.get("/annotations?project=x").status_code == 400


def test_leaving_ends_it(world: World) -> None:
    job = complete(world, make_job(world))
    project = project_of(world, ben=Role.VIEWER, jobs=(job,))
    ben = world.log_in(BEN)
    assert ben.get(f"/annotations/{job.job_id}").status_code == 200
    assert post(ben, f"/projects/{project}/people/{ADA}/remove").status_code == 403
    assert post(ben, f"/projects/{project}/people/{BEN}/remove").status_code == 303
    assert ben.get(f"/annotations/{job.job_id}").status_code == 404
    assert ben.get(f"/projects/{project}").status_code == 404


def test_the_export_tells_of_sharing_and_the_deletion_ends_it(world: World) -> None:
    job = make_job(world)
    project_of(world, ben=Role.VIEWER, jobs=(job,))
    account = world.accounts.get(ADA)
    assert account is not None
    told = sharing_of(world.services, account, world.clock.now())
    assert told["projects"][0]["your_jobs"] == [job.job_id]
    world.accounts.delete(ADA)
    assert world.sharing.projects.of_user(BEN) == []


def test_a_job_goes_into_a_project_with_its_upload(world: World) -> None:
    project = project_of(world)
    ada, eve = world.log_in(ADA), world.log_in(EVE)
    token = re.search(r'name="csrf-token" content="([^"]+)"', ada.get("/annotate").text)
    assert token
    headers = {"Referer": PUBLIC_URL, "X-CSRFToken": token[1]}
    wanted = {"file_name": "a.vcf", "size": 10, "project": project}
    signed = ada.post("/annotate/uploads", json=wanted, headers=headers)
    assert signed.status_code == 201
    job_id = signed.json["job_id"]
    listed = ada.get(f"/annotations?project={project}", headers=JSON)
    assert listed.json["jobs"] == []  # it has not come yet
    make_job(world, job_id=job_id)
    listed = ada.get(f"/annotations?project={project}", headers=JSON)
    assert [each["job_id"] for each in listed.json["jobs"]] == [job_id]
    token = re.search(r'name="csrf-token" content="([^"]+)"', eve.get("/help").text)
    assert token
    headers["X-CSRFToken"] = token[1]
    assert eve.post("/annotate/uploads", json=wanted, headers=headers).status_code == 404
