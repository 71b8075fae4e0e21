"""The explorer of one job's table: page, rows, facets, summary; all but the page as JSON."""

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from gas.access import access_to
from gas.errors import ResultsDeleted
from gas.jobs import Job, ResultsState
from gas.scopes import Scope
from web.annotations.jobs import ResultFile, file_of, own_job
from web.annotations.preview import SUMMARY_BYTES, read_counts
from web.auth.session import protect, require_account
from web.context import services
from web.explorer import documents, shown
from web.explorer.facets import read_facets
from web.explorer.filters import View, parse
from web.explorer.narrowest import narrowest
from web.explorer.opening import Opened, open_job
from web.explorer.pages import read_page
from web.explorer.preparing import Preparation
from web.explorer.table import Deadline
from web.explorer.whole import table_overview
from web.negotiation import wants_json
from web.plots.summary import Link

blueprint = protect(
    Blueprint("explorer", __name__, url_prefix="/annotations/<uuid:job_id>"), read=Scope.JOBS_READ
)


@blueprint.get("/explore")
def page(job_id: UUID) -> BaseResponse:
    """The explorer. `part=view`: only the parts that change with the filters."""
    is_part = request.args.get("part") == "view"
    if wants_json():
        return rows(job_id)
    view = asked_view("part")
    if not is_part and any(not value for _, value in request.args.items(multi=True)):
        # A form sends its empty fields too; the link of a page is the filtered view, and no longer.
        return redirect(_explorer(job_id) + suffix(view), code=303)
    opened = open_for(job_id)
    if isinstance(opened.table, Preparation):
        return _preparing(opened.job, opened.table)
    with turn():
        deadline = new_deadline()
        found = read_page(opened.table, view, deadline)
        facets = read_facets(opened.table, view.filters, deadline)
        empty = not found.total and len(opened.table) > 0
        culprit = narrowest(opened.table, view, deadline) if empty else None
        overview = None
        if not is_part:
            counts = read_counts(services(), opened.job)
            overview = table_overview(opened.table, counts, _link(job_id), deadline)
    template = "explore/part.html" if is_part else "explore/page.html"
    context = shown.context(
        view, opened.table.dictionary, found, facets, len(opened.table), _addresses(job_id), culprit
    )
    context = {**context, **clock(opened.job)}
    return make_response(render_template(template, job=opened.job, overview=overview, **context))


@blueprint.get("/explore/rows")
def rows(job_id: UUID) -> Response:
    """JSON {total, rows, columns, page, pages, ms, …}; 202 while the table is made ready."""
    view = asked_view()
    table = open_for(job_id).table
    if isinstance(table, Preparation):
        return documents.preparing(table)
    with turn():
        return jsonify(documents.rows(read_page(table, view, new_deadline()), view))


@blueprint.get("/explore/facets")
def facets(job_id: UUID) -> Response:
    """JSON {total, facets: {parameter: {values: [{value, count, chosen}], more}}, ms}."""
    view = asked_view()
    table = open_for(job_id).table
    if isinstance(table, Preparation):
        return documents.preparing(table)
    with turn():
        return jsonify(documents.facets(read_facets(table, view.filters, new_deadline()), view))


@blueprint.get("/summary")
def summary(job_id: UUID) -> Response:
    """The engine's summary, which is behind the plots; there as long as the job is."""
    parts = services()
    job = own_job(parts, require_account().user_id, str(job_id))
    stored = file_of(job, ResultFile.SUMMARY)
    if job.results_state is ResultsState.DELETED:
        raise ResultsDeleted("These results have been deleted.")
    content = parts.results.read(stored.key, start=0, length=SUMMARY_BYTES)
    return Response(content, mimetype="application/json")


def asked_view(*also: str) -> View:
    """The view that the address asks for."""
    return parse(request.args.to_dict(flat=False), also=also)


def open_for(job_id: UUID) -> Opened:
    """The job of whoever asks, with its table."""
    return open_job(services(), require_account(), str(job_id))


def turn() -> AbstractContextManager[None]:
    """Their turn to ask a question."""
    return services().turns.turn(require_account().user_id)


def new_deadline() -> Deadline:
    """For a question that is asked now."""
    return Deadline(services().settings.explorer_query_seconds)


def suffix(view: View) -> str:
    """The view as the end of an address."""
    query = view.query(page=view.page)
    return f"?{query}" if query else ""


def clock(job: Job) -> dict[str, Any]:
    """What the pages need to say how long the job can be explored."""
    now = services().clock.now()
    return {"access": access_to(job, require_account().plan, now), "now": now}


def _preparing(job: Job, preparation: Preparation) -> BaseResponse:
    """A page that asks again by itself, with and without scripts."""
    page = render_template("explore/preparing.html", job=job, percent=preparation.percent)
    answer = make_response(page, 202)
    answer.headers["Refresh"] = "1"
    return answer


def _explorer(job_id: UUID) -> str:
    return url_for("explorer.page", job_id=job_id)


def _addresses(job_id: UUID) -> shown.Addresses:
    return shown.Addresses(
        here=_explorer(job_id),
        export=f"{_explorer(job_id)}/export",
        variant=url_for("annotations.details", job_id=job_id) + "/variants/",
    )


def _link(job_id: UUID) -> Link:
    return lambda parameter, value: f"{_explorer(job_id)}?{urlencode({parameter: value})}#variants"
