"""`/account/tokens`: make a token, see which there are, revoke one."""

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from gas.accounts.tokens import LONGEST_DAYS
from gas.errors import InvalidRequest
from gas.logs import get_logger
from gas.scopes import USUAL, WORDS, Scope, parse_scopes
from web.auth.session import protect, require_account
from web.context import services
from web.tokens.telling import tell_of_token

log = get_logger()

blueprint = protect(Blueprint("tokens", __name__, url_prefix="/account/tokens"))

_LEAST = frozenset({Scope.JOBS_READ})
"""Ticked at first, unless the `gas` command sent the person here, which needs more."""

LIVES = (7, 30, 90, 365)
"""Days that the page offers; a token without an end is not among them."""


@blueprint.get("")
def page() -> str:
    """The person's tokens, and a form for a new one."""
    return _render()


@blueprint.post("")
def create() -> Response:
    """Form `name`, `scope` (repeatable), `days` → the page with the new token, once."""
    account, now = require_account(), services().clock.now()
    days = request.form.get("days", "")
    try:
        if not days.isdecimal() or int(days) > LONGEST_DAYS:
            raise InvalidRequest("Choose how long the token lives.")
        record, token = services().tokens.issue(
            account.user_id,
            name=request.form.get("name", ""),
            scopes=parse_scopes(request.form.getlist("scope")),
            days=int(days),
            now=now,
        )
    except InvalidRequest as error:
        return make_response(_render(problem=error), 400)
    log.info("token_issued", token_id=record.token_id, scopes=record.scope_names)
    tell_of_token(services(), account, record)
    # Shown here and never again: the answer is kept by nobody (no-store), and a reload asks first.
    return make_response(_render(fresh=token), 201)


@blueprint.post("/<token_id>/revoke")
def revoke(token_id: str) -> BaseResponse:
    """End a token for good → the page; 404 when there is no such one of the person's."""
    account = require_account()
    if not services().tokens.revoke(account.user_id, token_id, now=services().clock.now()):
        abort(404)
    log.info("token_revoked", token_id=token_id)
    return redirect(url_for("tokens.page"), code=303)


def _render(*, fresh: str | None = None, problem: InvalidRequest | None = None) -> str:
    account = require_account()
    return render_template(
        "tokens/page.html",
        tokens=services().tokens.of_user(account.user_id, now=services().clock.now()),
        scopes=WORDS,
        usual=USUAL if request.args.get("for") == "command" else _LEAST,
        lives=LIVES,
        fresh=fresh,
        problem=problem,
        given=request.form,
    )
