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
)
from werkzeug.wrappers import Response as BaseResponse

from gas.errors import NotAllowed, ResultsDeleted
from gas.jobs import ResultsState
from gas.scopes import Scope
from web.annotations.jobs import ResultFile, file_of
from web.annotations.preview import SUMMARY_BYTES, read_counts
from web.auth.session import protect
from web.context import services
from web.explorer import documents, shown
from web.explorer.facets import read_facets
from web.explorer.filters import View, parse
from web.explorer.narrowest import narrowest
from web.explorer.opening import Opened, open_job
from web.explorer.pages import read_page
from web.explorer.preparing import Preparation
from web.explorer.table import Deadline
from web.explorer.viewpoint import Viewpoint, viewpoint
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
        return redirect(f"{viewpoint(job_id).base}/explore{suffix(view)}", code=303)
    opened = open_for(job_id)
    point = opened.point
    if isinstance(opened.table, Preparation):
        return _preparing(point, opened.table)
    with turn(point):
        deadline = new_deadline()
        found = read_page(opened.table, view, deadline)
        facets = read_facets(opened.table, view.filters, deadline)
        empty = not found.total and len(opened.table) > 0
        culprit = narrowest(opened.table, view, deadline) if empty else None
        overview = None
        if not is_part:
            # The engine counted the whole table; of a part, only what it holds is told.
            counts = read_counts(services(), point.job) if point.filters is None else None
            overview = table_overview(opened.table, counts, _link(point), deadline)
    template = "explore/part.html" if is_part else "explore/page.html"
    context = shown.context(
        view, opened.table.dictionary, found, facets, len(opened.table), _addresses(point), culprit
    )
    context = {**context, **around(point)}
    return make_response(render_template(template, overview=overview, **context))


@blueprint.get("/explore/rows")
def rows(job_id: UUID) -> Response:
    """JSON {total, rows, columns, page, pages, ms, …}; 202 while the table is made ready."""
    view = asked_view()
    opened = open_for(job_id)
    table = opened.table
    if isinstance(table, Preparation):
        return documents.preparing(table)
    with turn(opened.point):
        return jsonify(documents.rows(read_page(table, view, new_deadline()), view))


@blueprint.get("/explore/facets")
def facets(job_id: UUID) -> Response:
    """JSON {total, facets: {parameter: {values: [{value, count, chosen}], more}}, ms}."""
    view = asked_view()
    opened = open_for(job_id)
    table = opened.table
    if isinstance(table, Preparation):
        return documents.preparing(table)
    with turn(opened.point):
        return jsonify(documents.facets(read_facets(table, view.filters, new_deadline()), view))


@blueprint.get("/summary")
def summary(job_id: UUID) -> Response:
    """The engine's summary, which is behind the plots; there as long as the job is."""
    parts, point = services(), viewpoint(job_id)
    job = point.job
    if point.filters is not None:
        raise NotAllowed("The summary speaks of the whole job, of which a part is shared.")
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
    return open_job(services(), viewpoint(job_id))


def turn(point: Viewpoint) -> AbstractContextManager[None]:
    """Their turn to ask a question."""
    return services().turns.turn(point.asker)


def new_deadline() -> Deadline:
    """For a question that is asked now."""
    return Deadline(services().settings.explorer_query_seconds)


def suffix(view: View) -> str:
    """The view as the end of an address."""
    query = view.query(page=view.page)
    return f"?{query}" if query else ""


def around(point: Viewpoint) -> dict[str, Any]:
    """What all pages of the explorer need: the job, from where, and for how long."""
    now = services().clock.now()
    return {"job": point.job, "point": point, "access": point.reading.results, "now": now}


def _preparing(point: Viewpoint, preparation: Preparation) -> BaseResponse:
    """A page that asks again by itself, with and without scripts."""
    page = render_template("explore/preparing.html", percent=preparation.percent, **around(point))
    answer = make_response(page, 202)
    answer.headers["Refresh"] = "1"
    return answer


def _addresses(point: Viewpoint) -> shown.Addresses:
    return shown.Addresses(
        here=f"{point.base}/explore",
        export=f"{point.base}/explore/export",
        variant=f"{point.base}/variants/",
    )


def _link(point: Viewpoint) -> Link:
    here = f"{point.base}/explore"
    return lambda parameter, value: f"{here}?{urlencode({parameter: value})}#variants"
