"""What can be done to several jobs at once, or to one: confirm it, do it, tell what came out."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gas.errors import InvalidRequest
from gas.jobs import Job
from gas.listing import JobQuery
from gas.scopes import Scope
from web.annotations import bulk, documents
from web.annotations.bulk import Action, Outcomes
from web.annotations.deleting import delete
from web.annotations.filters import Filters
from web.annotations.jobs import own_job
from web.auth.session import protect, require_account, uploader
from web.context import services
from web.negotiation import wants_json
from web.projects import placing

blueprint = protect(
    Blueprint("many", __name__, url_prefix="/annotations"),
    read=Scope.JOBS_READ,
    write=Scope.JOBS_WRITE,
)

MOST_LINKS = 1000
"""As many addresses as one list has."""

LINKS = "links"
PUT = "put"
"""Into the project `into`."""


@blueprint.post("/bulk")
def several() -> str | BaseResponse:
    """A form: `action`, and either `job` (repeated) or `all=yes` with the filters of the list.

    Without `confirmed=yes` nothing is done: the page says what would be. JSON clients need not
    confirm; they get {done, refused: [{job_id, why}], next_cursor}.
    """
    user_id, form = require_account().user_id, request.form
    filters, everything = Filters.read(form), form.get("all") == "yes"
    job_ids = [job_id for job_id in form.getlist("job") if _is_id(job_id)]
    if everything and filters.project:
        raise InvalidRequest(
            "All jobs of a project cannot be changed at once: they belong to several people.",
            remedy="Tick yours.",
        )
    query = filters.query(user_id)
    if form.get("action") == PUT:
        into = form.get("into", "")
        some = [job.job_id for job in _some(query)] if everything else job_ids
        for first in range(0, len(some), bulk.AT_ONCE):
            placing.put(services(), user_id, into, some[first : first + bulk.AT_ONCE])
        return redirect(url_for("annotations.dashboard", project=into), code=303)
    if form.get("action") == LINKS:
        return _links(_some(query) if everything else bulk.chosen(services(), user_id, job_ids))
    action = _action(form.get("action"))
    if not wants_json() and form.get("confirmed") != "yes":
        jobs = () if everything else bulk.chosen(services(), user_id, job_ids)
        return _confirm(action, jobs, filters, everything=everything)
    if everything:
        cursor = form.get("cursor") or None
        outcomes = bulk.do_to_all(services(), uploader(), action, query, cursor)
    else:
        outcomes = bulk.do_to_chosen(services(), uploader(), action, job_ids)
    return _told(action, outcomes, filters)


@blueprint.get("/<uuid:job_id>/delete")
def ask(job_id: UUID) -> str:
    """What deleting the job means, and a button that does it."""
    job = own_job(services(), require_account().user_id, str(job_id))
    return _confirm(Action.DELETE, [job], Filters(), everything=False, single=True)


@blueprint.post("/<uuid:job_id>/delete")
@blueprint.delete("/<uuid:job_id>")
def delete_one(job_id: UUID) -> BaseResponse:
    """Delete a job with all its files → the list; JSON: 202, the files follow."""
    delete(services(), require_account().user_id, str(job_id))
    if wants_json():
        answer: Response = jsonify(code=202, status="success", job_id=str(job_id))
        answer.status_code = 202
        return answer
    return redirect(url_for("annotations.dashboard", deleted="1"), code=303)


def _confirm(
    action: Action, jobs: Sequence[Job], filters: Filters, *, everything: bool, single: bool = False
) -> str:
    usage = services().finder.usage(require_account().user_id)
    count: int | None = len(jobs)
    if everything:
        known = usage.complete and not (filters.text or filters.since or filters.until)
        of_state = usage.jobs.get(filters.state, 0) if filters.state else usage.n_jobs
        count = of_state if known else None
    return render_template(
        "annotations/confirm.html",
        action=action,
        jobs=jobs,
        count=count,
        everything=everything,
        filters=filters,
        single=single,
        running=sum(not job.is_final for job in jobs),
    )


def _told(action: Action, outcomes: Outcomes, filters: Filters) -> str | BaseResponse:
    if wants_json():
        return jsonify(
            code=200,
            status="success",
            done=outcomes.done,
            refused=[{"job_id": each.job_id, "why": each.refused} for each in outcomes.refused],
            next_cursor=outcomes.next_cursor,
        )
    before = {name: _number(request.form, f"{name}_before") for name in ("done", "refused")}
    return render_template(
        "annotations/done.html",
        action=action,
        filters=filters,
        done=before["done"] + outcomes.done,
        refused=outcomes.refused,
        n_refused=before["refused"] + len(outcomes.refused),
        next_cursor=outcomes.next_cursor,
    )


def _links(jobs: Sequence[Job]) -> BaseResponse:
    """Addresses of the annotated files, one in a line, for a download manager that is logged in."""
    lines = [
        documents.absolute("annotations.download", job_id=job.job_id, which="annotated")
        for job in jobs
        if job.results is not None
    ]
    answer = Response("".join(f"{line}\n" for line in lines), content_type="text/plain")
    answer.headers["Content-Disposition"] = 'attachment; filename="results.txt"'
    return answer


def _some(query: JobQuery) -> Sequence[Job]:
    jobs: list[Job] = []
    cursor = None
    while len(jobs) < MOST_LINKS:
        page = services().finder.find(query, limit=bulk.AT_ONCE, cursor=cursor)
        jobs += page.jobs
        cursor = page.next_cursor
        if cursor is None:
            break
    return jobs[:MOST_LINKS]


def _action(name: str | None) -> Action:
    if name not in set(Action):
        raise InvalidRequest(
            "That cannot be done to jobs.", remedy=f"There are: {', '.join((*Action, LINKS, PUT))}."
        )
    return Action(name)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0
