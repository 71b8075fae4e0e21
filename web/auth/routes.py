"""Log in, come back, log out."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from gas.logs import get_logger
from web.auth import login as rules
from web.auth import session
from web.auth.errors import LoginFailed
from web.auth.policy import LoginPolicy
from web.context import services

log = get_logger()

blueprint = Blueprint("auth", __name__)


@blueprint.get("/login")
def login() -> Response:
    """Send the browser to Globus; `next` says where to go afterwards (a path of this app).

    `again=1` logs in also whoever is logged in, and has Globus ask who it is.
    """
    target = request.args.get("next", "")
    again = request.args.get("again") == "1"
    if session.current_account() is not None and not again:
        return redirect(rules.safe_next(target))
    attempt = rules.LoginAttempt.start(target, now=services().clock.now())
    session.remember(attempt)
    return redirect(
        services().identity_provider.authorize_url(
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=attempt.code_challenge,
            redirect_uri=_callback_url(),
            demands={**_policy().request(), **({"prompt": "login"} if again else {})},
        )
    )


@blueprint.get("/authcallback")
def callback() -> Response:
    """Where Globus sends the browser back to, with a code that is good once."""
    attempt = session.take(request.args.get("state", ""))
    if attempt is None:
        raise LoginFailed(
            "This login was finished before, or was started in another browser.",
            remedy="Log in once more.",
        )
    code = request.args.get("code", "")
    if not code:
        raise LoginFailed("The login was cancelled.", remedy="Log in whenever you are ready.")
    login = rules.finish(
        services().identity_provider,
        attempt,
        _policy(),
        code=code,
        redirect_uri=_callback_url(),
        now=services().clock.now(),
    )
    account = services().accounts.record_login(login.identity)
    session.begin(login)
    log.info("logged_in", user_id=account.user_id)
    return redirect(attempt.next_path)


@blueprint.post("/logout")
def logout() -> Response:
    """End the session here, then at Globus."""
    session.end()
    return redirect(
        services().identity_provider.logout_url(return_to=services().settings.public_url + "/"),
        code=303,
    )


def _callback_url() -> str:
    return services().settings.public_url + url_for("auth.callback")


def _policy() -> LoginPolicy:
    return LoginPolicy.of(services().settings)
