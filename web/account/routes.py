"""The profile page, the sessions, the export, and the deletion of the account."""

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.plans import terms_of
from gas.usage import Usage
from web.account import deletion, export, identities
from web.account.zipstream import zipped
from web.annotations import jobs
from web.auth import session
from web.auth.errors import LoginFailed
from web.context import services

log = get_logger()

blueprint = session.protect(Blueprint("account", __name__))


@blueprint.get("/profile")
def profile() -> str:
    """Who is logged in, with which plan, and where."""
    account = session.require_account()
    return render_template(
        "account/profile.html",
        account=account,
        terms=terms_of(account.plan),
        usage=_usage(account.user_id),
        identities=identities.ask(),
        sessions=services().sessions.active(account.user_id, now=services().clock.now()),
        here=session.current_session(),
    )


@blueprint.post("/account/sessions/<session_id>/end")
def end_session(session_id: str) -> BaseResponse:
    """End one of one's sessions → the profile; 404 when it has ended or is not one's own."""
    account = session.require_account()
    if session.end_others(account.user_id, session_id=session_id) == 0:
        abort(404)
    log.info("session_ended")
    return redirect(url_for("account.profile"), code=303)


@blueprint.post("/account/logout-everywhere")
def logout_everywhere() -> BaseResponse:
    """End all sessions, this one too, and all access tokens, then the session at Globus."""
    parts, user_id = services(), session.require_account().user_id
    revoked = parts.tokens.revoke_all(user_id, now=parts.clock.now())
    ended = session.end_others(user_id)
    session.forget()
    log.info("logged_out_everywhere", sessions=ended, tokens=revoked)
    return redirect(
        parts.identity_provider.logout_url(return_to=parts.settings.public_url + "/"), code=303
    )


@blueprint.get("/account/export")
def export_data() -> Response:
    """All we know of the person, as a ZIP archive that is made while it is sent; one at a time."""
    parts, account = services(), session.require_account()
    now = parts.clock.now()
    sessions = parts.sessions.active(account.user_id, now=now)
    # An outage of the job database is better told now than in the middle of the archive.
    parts.jobs.list_for_user(account.user_id, limit=1)
    parts.exports.enter(account.user_id)
    body = zipped(export.entries(parts, account, sessions), now=now)
    log.info("data_exported")
    answer = Response(
        stream_with_context(body),
        mimetype="application/zip",
        headers={"Content-Disposition": 'attachment; filename="gas-export.zip"'},
    )
    answer.call_on_close(lambda: parts.exports.leave(account.user_id))
    return answer


@blueprint.get("/account/inputs/<uuid:job_id>")
def input_file(job_id: UUID) -> BaseResponse:
    """303 to a link to the file that was uploaded; the export names these addresses."""
    parts = services()
    job = jobs.own_job(parts, session.require_account().user_id, str(job_id))
    link = parts.inputs.sign_get(
        job.s3_key_input_file,
        expires_in=parts.settings.link_expires_in,
        file_name=job.input_file_name,
        content_type="application/octet-stream",
    )
    return redirect(link, code=303)


@blueprint.route("/account/delete", methods=["GET", "POST"])
def delete() -> str | tuple[str, int] | BaseResponse:
    """What deleting the account means; POST with `email` typed deletes it.

    Only soon after a login: whoever finds an open browser cannot delete anything. `asked=1`: they
    come from such a login, and are not sent round in circles.
    """
    account = session.require_account()
    if not session.authenticated_recently():
        if request.args.get("asked") == "1" and session.logged_in_recently():
            raise LoginFailed(
                "Globus logged you in without asking who you are. Nothing was deleted.",
                remedy="Log out, log in again with your password, then come back to this page.",
            )
        back = url_for(".delete", asked=1)
        return redirect(url_for("auth.login", next=back, again=1), code=303)
    if request.method != "POST":  # HEAD comes here too, and nothing checks its CSRF token
        return render_template("account/delete.html", account=account, wrong=False)
    if not deletion.confirms(request.form.get("email", ""), account):
        return render_template("account/delete.html", account=account, wrong=True), 400
    erasure_id = deletion.delete_account(services(), account)
    return redirect(url_for("farewell.deleted", erasure_id=erasure_id), code=303)


def _usage(user_id: str) -> Usage | None:
    """What is stored of the user; None when that cannot be found out just now."""
    try:
        return services().finder.usage(user_id)
    except ServiceUnavailable as error:
        # The page is worth showing without it.
        log.warning("usage_unknown", reason=error.message)
        return None
