"""`/account/webhooks`: endpoints of the person's own systems, and the log of each."""

import json
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from gas.errors import GasError, InvalidRequest
from gas.logs import get_logger
from gas.outbound.addresses import AddressRefused
from gas.webhooks.desk import Owner, Wishes
from gas.webhooks.models import CHOOSABLE, MOST_ENDPOINTS, WORDS, EventType, Format
from web.auth.session import protect, require_account
from web.context import services

log = get_logger()

blueprint = protect(Blueprint("webhooks", __name__, url_prefix="/account/webhooks"))

PAGE = 20
_FORMATS = {Format.STANDARD: "Signed JSON", Format.SLACK: "A message as Slack takes it"}


@blueprint.get("")
def page() -> str:
    """The person's endpoints, and a form for a new one."""
    return _list()


@blueprint.post("")
def create() -> Response:
    """Form `url`, `event` (repeatable), `description`, `format` → the endpoint with its secret."""
    try:
        made = services().webhooks.create(_owner(), _wishes(enabled=True))
    except (InvalidRequest, AddressRefused) as error:
        return make_response(_list(problem=error), 400)
    log.info("webhook_created", endpoint_id=made.endpoint_id)
    # The secret is shown here and never again: the answer is kept by nobody (no-store).
    return make_response(_one(made.endpoint_id, secret=made.secret), 201)


@blueprint.get("/<uuid:endpoint_id>")
def endpoint(endpoint_id: UUID) -> str:
    """One endpoint with a page of its log."""
    return _one(str(endpoint_id))


@blueprint.post("/<uuid:endpoint_id>")
def change(endpoint_id: UUID) -> BaseResponse:
    """The form of `create`, and `enabled` → the page."""
    try:
        wishes = _wishes(enabled=request.form.get("enabled") == "1")
        services().webhooks.change(_owner(), str(endpoint_id), wishes)
    except (InvalidRequest, AddressRefused) as error:
        return make_response(_one(str(endpoint_id), problem=error), 400)
    return _back(endpoint_id, saved=1)


@blueprint.post("/<uuid:endpoint_id>/delete")
def delete(endpoint_id: UUID) -> BaseResponse:
    """Forget the endpoint and its log → the list."""
    services().webhooks.delete(require_account().user_id, str(endpoint_id))
    log.info("webhook_deleted", endpoint_id=str(endpoint_id))
    return redirect(url_for("webhooks.page"), code=303)


@blueprint.post("/<uuid:endpoint_id>/secret")
def rotate_secret(endpoint_id: UUID) -> Response:
    """A new secret → the page that shows it, once."""
    changed = services().webhooks.rotate_secret(require_account().user_id, str(endpoint_id))
    return make_response(_one(str(endpoint_id), secret=changed.secret), 201)


@blueprint.post("/<uuid:endpoint_id>/ping")
def ping(endpoint_id: UUID) -> BaseResponse:
    """Send a test → the page, whose log soon tells how it went."""
    services().webhooks.ping(require_account().user_id, str(endpoint_id))
    return _back(endpoint_id)


@blueprint.post("/<uuid:endpoint_id>/deliveries/<delivery_id>/replay")
def replay(endpoint_id: UUID, delivery_id: str) -> BaseResponse:
    """Deliver it once more → the page."""
    services().webhooks.replay(require_account().user_id, str(endpoint_id), delivery_id)
    return _back(endpoint_id)


@blueprint.app_template_filter("pretty_json")
def pretty_json(text: str) -> str:
    """A message's JSON, as a person likes to read it."""
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def _owner() -> Owner:
    account = require_account()
    return Owner(account.user_id, account.email)


def _wishes(*, enabled: bool) -> Wishes:
    form = request.form
    chosen = [each for each in CHOOSABLE if each in form.getlist("event")]
    slack = form.get("format") == Format.SLACK
    return Wishes(
        url=form.get("url", "").strip(),
        events=chosen,
        description=form.get("description", ""),
        format=Format.SLACK if slack else Format.STANDARD,
        enabled=enabled,
    )


def _back(endpoint_id: UUID, saved: int | None = None) -> BaseResponse:
    return redirect(url_for("webhooks.endpoint", endpoint_id=endpoint_id, saved=saved), code=303)


def _list(*, problem: GasError | None = None) -> str:
    return render_template(
        "webhooks/page.html",
        endpoints=services().webhooks.list(require_account().user_id),
        most=MOST_ENDPOINTS,
        problem=problem,
        **_words(),
    )


def _one(endpoint_id: str, *, secret: str = "", problem: GasError | None = None) -> str:
    desk, user_id = services().webhooks, require_account().user_id
    found = desk.get(user_id, endpoint_id)
    cursor = request.args.get("cursor")
    return render_template(
        "webhooks/endpoint.html",
        endpoint=found,
        log=desk.deliveries(user_id, endpoint_id, limit=PAGE, cursor=cursor),
        cursor=cursor,
        now=services().clock.now(),
        secret=secret,
        problem=problem,
        **_words(),
    )


def _words() -> dict[str, object]:
    return {
        "events": {each: WORDS[each] for each in CHOOSABLE},
        "all_words": WORDS,
        "ping": EventType.PING,
        "formats": _FORMATS,
        "given": request.form,
    }
