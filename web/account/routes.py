"""The profile page and the sessions."""

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from gas.logs import get_logger
from gas.plans import terms_of
from web.account import identities
from web.auth import session
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
        identities=identities.ask(),
        sessions=services().sessions.active(account.user_id, now=services().clock.now()),
        here=session.current_session(),
    )


@blueprint.post("/account/sessions/<session_id>/end")
def end_session(session_id: str) -> Response:
    """End one of one's sessions → the profile; 404 when it has ended or is not one's own."""
    account = session.require_account()
    if session.end_others(account.user_id, session_id=session_id) == 0:
        abort(404)
    log.info("session_ended")
    return redirect(url_for("account.profile"), code=303)


@blueprint.post("/account/logout-everywhere")
def logout_everywhere() -> Response:
    """End all sessions, this one too, then the one at Globus."""
    parts = services()
    ended = session.end_others(session.require_account().user_id)
    session.forget()
    log.info("logged_out_everywhere", sessions=ended)
    return redirect(
        parts.identity_provider.logout_url(return_to=parts.settings.public_url + "/"), code=303
    )
