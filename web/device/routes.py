"""`/device`: a person types the code that a device shows, sees what it asks for, and decides."""

import time

from flask import Blueprint, Response, make_response, render_template, request

from gas.accounts.devices import TOKEN_DAYS, Decision, DeviceLogin, typed_code
from gas.logs import get_logger
from gas.scopes import WORDS
from web.auth.errors import TooManyRequests
from web.auth.session import protect, require_account
from web.context import services

log = get_logger()

blueprint = protect(Blueprint("device", __name__, url_prefix="/device"))

TYPED_A_MINUTE = 10


@blueprint.get("")
def page() -> str:
    """A field for the code; `code` fills it in, and decides nothing."""
    return render_template("device/page.html", code=typed_code(request.args.get("code", "")) or "")


@blueprint.post("")
def look() -> Response:
    """Form `code` → what the device asks for, with the buttons to decide."""
    shown, found = _typed()
    if found is None:
        return _unknown(shown)
    scopes = [WORDS[scope] for scope in WORDS if scope in found.scopes]
    body = render_template(
        "device/confirm.html", code=shown, device=found, scopes=scopes, days=TOKEN_DAYS
    )
    return make_response(body)


@blueprint.post("/decide")
def decide() -> Response:
    """Form `code`, `decision` (`allowed` or `denied`) → what became of it."""
    shown, found = _typed()
    decision = Decision.ALLOWED if request.form.get("decision") == "allowed" else Decision.DENIED
    user_id, now = require_account().user_id, services().clock.now()
    if found is None or not services().devices.decide(shown, user_id, decision, now=now):
        return _unknown(shown)
    log.info("device_decided", decision=decision, scopes=found.scope_names)
    return make_response(render_template("device/done.html", decision=decision, device=found))


def _typed() -> tuple[str, DeviceLogin | None]:
    """The code, and the device that shows it.

    Raises:
        TooManyRequests: the person types too many.
    """
    # Counted apart from what the person's programs ask, which would use it up.
    bucket = f"device:{require_account().user_id}"
    allowance = services().sharing.visits.take(bucket, limit=TYPED_A_MINUTE, now=time.time())
    if not allowance.allowed:
        raise TooManyRequests(
            "You typed several codes within a minute.",
            remedy=f"Wait {allowance.retry_after} s, then type the code that the device shows.",
        )
    shown = typed_code(request.form.get("code", "")) or ""
    return shown, services().devices.waiting(shown, now=services().clock.now()) if shown else None


def _unknown(shown: str) -> Response:
    return make_response(render_template("device/page.html", code=shown, unknown=True), 400)
