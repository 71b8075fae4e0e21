"""The one place where errors become answers.

Three forms, by what the client asked for: a page in plain words; problem details (RFC 9457,
`application/problem+json`) with a stable `code` and a `remedy`; and, for clients that ask for
plain `application/json`, the service's classic `{code, status: "error", …}`, in which `code` is
the HTTP status.
"""

from collections.abc import Mapping
from http import HTTPStatus

from flask import (
    Flask,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from gas import errors as domain
from gas.billing import errors as payments
from gas.imports.desk import ImportOver
from gas.logs import get_logger
from gas.outbound.addresses import AddressRefused
from gas.plans import Plan
from gas.webhooks.desk import DeliveryUnderWay, EndpointOff
from web.api.once import KeyReused, RequestUnderWay
from web.auth import bearer
from web.auth.errors import (
    InsufficientScope,
    InvalidToken,
    LoginFailed,
    LoginRequired,
    TooManyRequests,
)
from web.auth.session import visitor
from web.context import services
from web.negotiation import PROBLEM, wants_json, wants_problem
from web.request_log import request_id

log = get_logger()

STATUS_OF: Mapping[type[domain.GasError], HTTPStatus] = {
    domain.NotFound: HTTPStatus.NOT_FOUND,
    domain.NotAllowed: HTTPStatus.FORBIDDEN,
    domain.InvalidUpload: HTTPStatus.BAD_REQUEST,
    domain.InvalidRequest: HTTPStatus.BAD_REQUEST,
    domain.UploadMissing: HTTPStatus.CONFLICT,
    domain.UploadIncomplete: HTTPStatus.CONFLICT,
    domain.UploadGone: HTTPStatus.GONE,
    domain.UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    domain.ResultsNotReady: HTTPStatus.CONFLICT,
    domain.JobEnded: HTTPStatus.CONFLICT,
    ImportOver: HTTPStatus.CONFLICT,
    domain.JobNotEnded: HTTPStatus.CONFLICT,
    domain.InputGone: HTTPStatus.GONE,
    domain.FreeWindowOver: HTTPStatus.FORBIDDEN,
    domain.ResultsArchived: HTTPStatus.FORBIDDEN,
    domain.ResultsRestoring: HTTPStatus.CONFLICT,
    domain.ResultsDeleted: HTTPStatus.GONE,
    domain.InvalidSignature: HTTPStatus.BAD_REQUEST,
    domain.InvalidMessage: HTTPStatus.BAD_REQUEST,
    domain.ServiceUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    AddressRefused: HTTPStatus.BAD_REQUEST,
    EndpointOff: HTTPStatus.CONFLICT,
    DeliveryUnderWay: HTTPStatus.CONFLICT,
    payments.NoPaidPlan: HTTPStatus.NOT_FOUND,
    payments.NotACustomer: HTTPStatus.CONFLICT,
    payments.AlreadyPremium: HTTPStatus.CONFLICT,
    payments.PaymentPending: HTTPStatus.CONFLICT,
    payments.PaymentRefused: HTTPStatus.BAD_GATEWAY,
    LoginRequired: HTTPStatus.UNAUTHORIZED,
    InvalidToken: HTTPStatus.UNAUTHORIZED,
    InsufficientScope: HTTPStatus.FORBIDDEN,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestUnderWay: HTTPStatus.CONFLICT,
    LoginFailed: HTTPStatus.BAD_REQUEST,
}

TITLES: Mapping[int, str] = {
    400: "That did not work",
    401: "Please log in",
    403: "That is not allowed",
    404: "There is nothing here",
    405: "That is not possible here",
    409: "Not now",
    410: "No longer there",
    413: "Too large",
    429: "Too much at once",
    500: "Something went wrong on our side",
    502: "The payment service refused",
    503: "Not available just now",
}

_PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""What passes by itself."""

_A_WHILE = 10
#: Seconds after which it is worth asking again, where it is not `_A_WHILE`.
RETRY_AFTER: Mapping[str, int] = {
    RequestUnderWay.code: 1,
    domain.UploadMissing.code: 2,
    domain.UploadIncomplete.code: 2,
    domain.ResultsNotReady.code: 5,
    domain.JobNotEnded.code: 5,
    domain.ResultsRestoring.code: 60,
}

#: For errors of which the status alone says too little.
_TITLES_OF: Mapping[str, str] = {
    domain.FreeWindowOver.code: "The time to download is over",
    domain.ResultsArchived.code: "In the archive",
    domain.ResultsRestoring.code: "On the way back",
}

_MESSAGES: Mapping[int, tuple[str, str]] = {
    403: (
        "You may not do this.",
        "If the thing is yours, you may be logged in as somebody else: look at your profile.",
    ),
    404: (
        "This address does not lead anywhere, or to something that is not yours.",
        "Check the address, or look for the job in your list.",
    ),
    405: (
        "This address does not take that kind of request.",
        "Go back to the page you came from and use its buttons.",
    ),
    429: (
        "More requests came from you than the service can answer just now.",
        "Wait a minute, then try again.",
    ),
}


def install(app: Flask) -> None:
    """Register the mapper for every kind of error."""
    app.register_error_handler(LoginRequired, _login)
    app.register_error_handler(domain.GasError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RequestEntityTooLarge, _body_too_large)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _login(error: LoginRequired) -> BaseResponse:
    if wants_json() or request.method != "GET":
        return _domain(error)
    target = request.full_path if request.query_string else request.path
    return redirect(url_for("auth.login", next=target), code=302)


def _domain(error: domain.GasError) -> BaseResponse:
    status = next(
        (STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    if isinstance(error, InvalidToken | InsufficientScope):
        bearer.note(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request_failed", code=error.code, reason=error.message, exc_info=error)
    account = visitor()
    upgrade = error.upgrade_helps and account is not None and account.plan is Plan.FREE
    answer = _render(
        status,
        error.code,
        error.message,
        error.remedy,
        upgrade=upgrade,
        retryable=error.retryable or status in _PASSING,
    )
    if error.retryable and "Retry-After" not in answer.headers:
        answer.headers["Retry-After"] = str(RETRY_AFTER.get(error.code, _A_WHILE))
    return answer


def _csrf(error: CSRFError) -> BaseResponse:
    if visitor() is None and request.blueprint != "auth":
        # The form lost its session, and its token with it: that is what there is to say.
        return _login(LoginRequired("You are not logged in.", remedy="Log in, then try again."))
    log.info("csrf_refused", reason=error.description)
    return _render(
        HTTPStatus.BAD_REQUEST,
        "csrf_failed",
        "This page was open for too long, or was opened elsewhere, so its form is no longer valid.",
        "Reload the page and try once more.",
    )


def _body_too_large(_error: RequestEntityTooLarge) -> BaseResponse:
    return _render(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "request_too_large",
        "The request is too large. Files are uploaded straight to the file store.",
        "Use the upload page.",
    )


def _http(error: HTTPException) -> BaseResponse:
    status = HTTPStatus(error.code or 500)
    if status < HTTPStatus.BAD_REQUEST:
        return BaseResponse(status=status, headers=error.get_headers())
    message, remedy = _MESSAGES.get(status, (error.description or status.phrase, ""))
    code = status.phrase.lower().replace(" ", "_")
    return _render(status, code, message, remedy, retryable=status in _PASSING)


def _unexpected(error: Exception) -> BaseResponse:
    log.error("unexpected_error", path=request.path, exc_info=error)
    return _render(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "An unexpected error happened. It has been written down for us to look at.",
        "Try again. If it happens again, tell us the request id.",
    )


def _render(
    status: HTTPStatus,
    code: str,
    message: str,
    remedy: str,
    *,
    upgrade: bool = False,
    retryable: bool = False,
) -> Response:
    """`upgrade`: whether Premium is offered as the way out; JSON says where (`upgrade`).
    `retryable`: whether the same request may succeed later."""
    title = _TITLES_OF.get(code) or TITLES.get(status, status.phrase)
    if not wants_json():
        page = render_template(
            "error.html",
            status=int(status),
            title=title,
            message=message,
            remedy=remedy,
            upgrade=upgrade,
            request_id=request_id(),
        )
        return make_response(page, status)
    offer = {"upgrade": services().settings.public_url + url_for("billing.page")} if upgrade else {}
    if wants_problem():
        answer = jsonify(
            type="about:blank",
            title=title,
            status=int(status),
            detail=message,
            code=code,
            remedy=remedy,
            retryable=retryable,
            request_id=request_id(),
            **offer,
        )
        answer.content_type = PROBLEM
    else:
        answer = jsonify(
            code=int(status),
            status="error",
            error=code,
            message=message,
            remedy=remedy,
            request_id=request_id(),
            **offer,
        )
    answer.status_code = status
    return answer
