"""The owner's side of links: make one, see who opened it, end it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gas.errors import InvalidRequest, NotFound
from gas.jobs import Job
from gas.logs import get_logger
from gas.sharing.shares import USUAL, Wishes
from web.annotations.jobs import own_job
from web.auth.session import protect, require_account
from web.context import services
from web.explorer.filters import parse
from web.sharing import making
from web.sharing.words import LIVES, pieces, standing

log = get_logger()

blueprint = protect(Blueprint("sharing", __name__, url_prefix="/annotations/<uuid:job_id>/shares"))
overview = protect(Blueprint("shares", __name__, url_prefix="/shares"))


@overview.get("")
def everything() -> str:
    """All links of the person's, whatever they lead to."""
    account, now = require_account(), services().clock.now()
    found = services().sharing.shares.of_owner(account.user_id, now=now)
    return render_template("sharing/all.html", shares=found, **_words(now))


@blueprint.get("")
def page(job_id: UUID) -> str:
    """The links to a job, and a form for a new one; the address may have a view of the explorer."""
    view = parse(request.args.to_dict(flat=False))
    return _render(_own(job_id), view.query())


@blueprint.post("")
def create(job_id: UUID) -> Response:
    """Form `name`, `life` (seconds), `what` (`whole` or `view`), `view`, `may_download`,
    `shows_log` → the page with the new link, once."""
    job, form = _own(job_id), request.form
    view = form.get("view", "")
    try:
        life = form.get("life", "")
        wishes = Wishes(
            name=form.get("name", ""),
            life=int(life) if life.isdecimal() and len(life) < 9 else 0,
            query=view if form.get("what") == "view" else None,
            may_download="may_download" in form,
            shows_log="shows_log" in form and form.get("what") != "view",
        )
        _, address = making.share(services(), require_account(), job.job_id, wishes)
    except InvalidRequest as error:
        shown = view if making.is_view(view) else ""
        return make_response(_render(job, shown, problem=error), 400)
    # Shown here and never again: the answer is kept by nobody (no-store), and a reload asks first.
    return make_response(_render(job, view, fresh=address), 201)


@blueprint.get("/<uuid:share_id>")
def one(job_id: UUID, share_id: UUID) -> str:
    """A link, and who opened it."""
    job, now = _own(job_id), services().clock.now()
    store = services().sharing.shares
    share = store.get(str(share_id))
    if share is None or (share.owner_id, share.job_id) != (job.user_id, job.job_id):
        raise NotFound("There is no such link.", remedy="Look for it at the job.")
    return render_template(
        "sharing/one.html",
        job=job,
        share=share,
        openings=store.openings(share.share_id),
        **_words(now),
    )


@blueprint.post("/<uuid:share_id>/end")
def end(job_id: UUID, share_id: UUID) -> BaseResponse:
    """End a link for good → the job's links."""
    account, now = require_account(), services().clock.now()
    ended = services().sharing.shares.revoke(account.user_id, str(job_id), str(share_id), now=now)
    if ended is None:
        raise NotFound("There is no such link.", remedy="Look for it at the job.")
    log.info("share_ended", share_id=str(share_id))
    return redirect(url_for("sharing.page", job_id=job_id), code=303)


def _render(
    job: Job, view: str, *, fresh: str | None = None, problem: InvalidRequest | None = None
) -> str:
    now = services().clock.now()
    query = making.canonical(view) if view else None
    return render_template(
        "sharing/page.html",
        job=job,
        shares=services().sharing.shares.of_job(job.user_id, job.job_id, now=now),
        view=query,
        view_pieces=pieces(query),
        usual_name=making.usual_name(job),
        fresh=fresh,
        problem=problem,
        given=request.form,
        **_words(now),
    )


def _words(now: int) -> dict[str, Any]:
    return {
        "lives": LIVES,
        "usual_life": USUAL,
        "pieces": pieces,
        "standing": lambda share: standing(share, now),
        "now": now,
    }


def _own(job_id: UUID) -> Job:
    return own_job(services(), require_account().user_id, str(job_id))
