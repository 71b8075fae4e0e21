"""`/projects`: those somebody is in, who else is, and who is asked to be."""

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gas.access import Relation, Role, relation_of
from gas.errors import InvalidRequest
from gas.logs import get_logger
from web.auth.session import protect, require_account
from web.context import services
from web.projects import addresses, placing

log = get_logger()

blueprint = protect(Blueprint("projects", __name__, url_prefix="/projects"))


@blueprint.get("")
def page() -> str:
    """The person's projects, the invitations to them, and a form for a new project."""
    return _list()


@blueprint.post("")
def create() -> BaseResponse:
    """Form `name` → the new project."""
    parts, account = services(), require_account()
    try:
        made = parts.sharing.projects.create(
            account.user_id, request.form.get("name", ""), now=parts.clock.now()
        )
    except InvalidRequest as error:
        return make_response(_list(problem=error), 400)
    log.info("project_made", project_id=made.project_id)
    return _to(made.project_id)


@blueprint.get("/<uuid:project_id>")
def one(project_id: UUID) -> str:
    """One project: its people and, for its owner, who is invited."""
    return _one(str(project_id))


@blueprint.post("/<uuid:project_id>/name")
def rename(project_id: UUID) -> BaseResponse:
    """Form `name` → the project."""
    name = request.form.get("name", "")
    services().sharing.projects.rename(_me(), str(project_id), name)
    return _to(project_id)


@blueprint.post("/<uuid:project_id>/delete")
def delete(project_id: UUID) -> BaseResponse:
    """Delete the project; its jobs stay with their owners → the projects."""
    services().sharing.projects.delete(_me(), str(project_id))
    log.info("project_deleted", project_id=str(project_id))
    return redirect(url_for("projects.page"), code=303)


@blueprint.post("/<uuid:project_id>/people/<uuid:user_id>/role")
def set_role(project_id: UUID, user_id: UUID) -> BaseResponse:
    """Form `role`: `viewer` or `editor`; `owner` hands the project over → the project."""
    role = _role()
    services().sharing.projects.set_role(_me(), str(project_id), str(user_id), role)
    log.info("project_role_set", project_id=str(project_id), member=str(user_id), role=role.value)
    return _to(project_id)


@blueprint.post("/<uuid:project_id>/people/<uuid:user_id>/remove")
def remove(project_id: UUID, user_id: UUID) -> BaseResponse:
    """Take somebody out, or leave → the project, or the projects."""
    me = _me()
    services().sharing.projects.remove(me, str(project_id), str(user_id))
    log.info("project_left", project_id=str(project_id), member=str(user_id))
    if str(user_id) == me:
        return redirect(url_for("projects.page"), code=303)
    return _to(project_id)


@blueprint.post("/<uuid:project_id>/invitations")
def invite(project_id: UUID) -> BaseResponse:
    """Form `email`, `role` → the project."""
    try:
        asked = services().sharing.invite(
            _me(), str(project_id), request.form.get("email", ""), _role()
        )
    except InvalidRequest as error:
        return make_response(_one(str(project_id), problem=error), 400)
    log.info("project_invited", project_id=str(project_id), invitation_id=asked.invitation_id)
    return _to(project_id)


@blueprint.post("/<uuid:project_id>/invitations/<uuid:invitation_id>/revoke")
def revoke(project_id: UUID, invitation_id: UUID) -> BaseResponse:
    """Take an invitation back → the project."""
    services().sharing.invitations.revoke(_me(), str(project_id), str(invitation_id))
    return _to(project_id)


@blueprint.post("/invitations/<uuid:invitation_id>")
def answer(invitation_id: UUID) -> BaseResponse:
    """Form `answer`: `accept` or `decline` → the project, or the projects."""
    parts, account = services(), require_account()
    accept = request.form.get("answer") == "accept"
    project_id = parts.sharing.invitations.answer(
        account.user_id,
        addresses.of(account),
        str(invitation_id),
        accept=accept,
        now=parts.clock.now(),
    )
    log.info("project_answered", project_id=project_id, accepted=accept)
    return _to(project_id) if accept else redirect(url_for("projects.page"), code=303)


@blueprint.post("/jobs")
def put() -> BaseResponse:
    """Form `project`, `job` (repeated): put jobs of one's own into a project → its jobs."""
    project_id = request.form.get("project", "")
    placing.put(services(), _me(), project_id, request.form.getlist("job"))
    return redirect(url_for("annotations.dashboard", project=project_id), code=303)


@blueprint.post("/<uuid:project_id>/jobs/<uuid:job_id>/remove")
def take_out(project_id: UUID, job_id: UUID) -> BaseResponse:
    """Take a job out of the project; the job itself stays → its page, or the project's jobs."""
    services().sharing.contents.remove(_me(), str(project_id), str(job_id))
    if _is_seen(str(job_id)):
        return redirect(url_for("annotations.details", job_id=job_id), code=303)
    return redirect(url_for("annotations.dashboard", project=project_id), code=303)


def _list(*, problem: InvalidRequest | None = None) -> str:
    parts, account = services(), require_account()
    known = addresses.of(account)
    now = parts.clock.now()
    return render_template(
        "projects/page.html",
        projects=parts.sharing.projects.of_user(account.user_id),
        asked=parts.sharing.invitations.to_addresses(known, now=now),
        addresses=sorted(known),
        roles=placing.ROLES,
        problem=problem,
        given=request.form,
    )


def _one(project_id: str, *, problem: InvalidRequest | None = None) -> str:
    parts, me = services(), _me()
    project = parts.sharing.projects.see(me, project_id)
    context: dict[str, Any] = {
        "project": project,
        "me": me,
        "people": parts.sharing.projects.people(me, project_id),
        "asked": (),
        "roles": placing.ROLES,
        "viewer_may": placing.ROLES[Role.VIEWER],
        "editor_may": placing.ROLES[Role.EDITOR],
        "problem": problem,
        "given": request.form,
    }
    if project.role is Role.OWNER:
        now = parts.clock.now()
        context["asked"] = parts.sharing.invitations.of_project(me, project_id, now=now)
    return render_template("projects/one.html", **context)


def _role() -> Role:
    text = request.form.get("role", "")
    if text not in set(Role):
        raise InvalidRequest("There is no such role.", remedy="Choose one of the list.")
    return Role(text)


def _me() -> str:
    return require_account().user_id


def _is_seen(job_id: str) -> bool:
    parts, me = services(), _me()
    job = parts.jobs.get(job_id)
    viewer = parts.sharing.viewer(me, job_id, job.user_id if job else None)
    now = parts.clock.now()
    return job is not None and relation_of(viewer, job, now) is not Relation.NONE


def _to(project_id: UUID | str) -> BaseResponse:
    return redirect(url_for("projects.one", project_id=project_id), code=303)
