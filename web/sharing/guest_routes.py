"""What whoever has a link sees: `/shared?key=…`, and after that `/shared/<id>/…`.

The explorer's views are the same as for the job's owner; `g.guest` tells them from where they are
looked at (`web.explorer.viewpoint`).
"""

from uuid import UUID

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gas.access import Reading, Right, Situation
from gas.errors import NotAllowed, NotFound
from web.annotations import jobs
from web.annotations.jobs import ResultFile
from web.annotations.preview import read_preview
from web.annotations.words import COMPANIONS
from web.context import services
from web.explorer import routes as explorer
from web.explorer import sending, variants
from web.explorer.filters import Filters, parse_query
from web.explorer.viewpoint import Guest
from web.sharing import visits

entrance = Blueprint("shared_entrance", __name__, url_prefix="/shared")
blueprint = Blueprint("shared", __name__, url_prefix="/shared/<uuid:share_id>")

_WHOLE = frozenset(ResultFile) - {ResultFile.LOG}


@entrance.get("")
def enter() -> BaseResponse:
    """Open a link: 303 to its clean address, with a cookie for that."""
    parts = services()
    share, visit = visits.enter(parts, request.args.get(visits.KEY, ""))
    where = url_for("shared.landing", share_id=share.share_id)
    answer = redirect(where, code=303)
    if request.method != "HEAD":  # which is no opening, so it opens nothing
        left = share.expires_at - parts.clock.now()
        visits.give_cookie(answer, visit, where, left)
    return answer


@entrance.after_request
def pass_nothing_on(response: Response) -> Response:
    """This address has the secret in it: not even our own pages are told it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@entrance.after_request
@blueprint.after_request
def be_found_by_nobody(response: Response) -> Response:
    """No search engine keeps these pages."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@blueprint.before_request
def recognise() -> None:
    """Whose visit it is; the views are called with the job's id instead of the link's."""
    places = request.view_args
    assert places is not None
    g.guest = visits.guest(services(), str(places.pop("share_id")))
    places["job_id"] = UUID(g.guest.share.job_id)


@blueprint.get("")
def landing(job_id: UUID) -> str | BaseResponse:
    """What is shared, by whom and for how long; a filtered view opens at once."""
    guest: Guest = g.guest
    reading = guest.read(Right.SEE)
    opens = _can_be_explored(reading)
    if guest.share.query is not None and opens:
        view = parse_query(guest.share.query)
        query = view.changed(**_no_filters()).query()
        return redirect(f"{guest.base}/explore" + (f"?{query}" if query else ""), code=303)
    parts = services()
    whole = guest.share.query is None
    files = jobs.files_at_hand(reading.job, reading.results) if _gives_files(guest, reading) else {}
    return render_template(
        "shared/landing.html",
        guest=guest,
        share=guest.share,
        reading=reading,
        job=reading.job,
        access=reading.results,
        now=parts.clock.now(),
        opens=opens,
        pieces=guest.pieces,
        preview=read_preview(parts, reading.job) if whole else None,
        files={which.value: file for which, file in files.items() if which in _WHOLE},
        companions=COMPANIONS,
        shows_log=reading.may(Right.LOG) and reading.job.log_file is not None,
    )


@blueprint.get("/files/<which>")
def download(job_id: UUID, which: str) -> BaseResponse:
    """303 to a link that lapses soon; only of whole jobs, and only if the owner allows it."""
    guest: Guest = g.guest
    reading = guest.read(Right.DOWNLOAD)
    if which not in {each.value for each in _WHOLE}:
        raise NotFound("A job has no file of this kind.")
    if guest.share.query is not None:
        raise NotAllowed(
            "The files hold more than what is shared with you.",
            remedy="Export the variants you see, in the format you like.",
        )
    parts = services()
    now = parts.clock.now()
    kind = ResultFile(which)
    return redirect(
        jobs.download_link(parts, reading.job, kind, reading.results, now=now), code=303
    )


@blueprint.get("/log")
def log(job_id: UUID) -> str:
    """The log, if the owner shows it; the beginning of a long one."""
    guest: Guest = g.guest
    reading = guest.read(Right.LOG)
    text = jobs.read_log(services(), reading.job, jobs.WHOLE_LOG_BYTES)
    return render_template("shared/log.html", guest=guest, share=guest.share, log=text)


for _rule, _view in (
    ("/explore", explorer.page),
    ("/explore/rows", explorer.rows),
    ("/explore/facets", explorer.facets),
    ("/summary", explorer.summary),
):
    blueprint.add_url_rule(_rule, f"explorer_{_view.__name__}", _view)
blueprint.add_url_rule("/explore/export", "explorer_export", sending.export)
blueprint.add_url_rule("/variants/<int:record>-<int:alt_index>", "explorer_variant", variants.page)


def _can_be_explored(reading: Reading) -> bool:
    has_table = reading.job.results is not None and reading.job.results.table is not None
    return has_table and reading.results.situation is Situation.OPEN


def _gives_files(guest: Guest, reading: Reading) -> bool:
    return guest.share.query is None and reading.may(Right.DOWNLOAD)


def _no_filters() -> dict[str, object]:
    return {name: getattr(Filters, name) for name in Filters.__dataclass_fields__}
