"""The stand-in as an ASGI application: the API under /v1, and the pages."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.stripe.api.dispatch import Api, ApiRequest
from local.stripe.errors import ApiError
from local.stripe.ids import new_id
from local.stripe.pages import checkout, events, invoice, portal
from local.stripe.pages.base import Pages
from local.stripe.timekeeper import Background
from local.stripe.work import API_VERSION

_LONGEST_BODY = 256 * 1024


def create_app(api: Api, pages: Pages, background: Background) -> Starlette:
    """The stand-in; `background` is started by whoever serves it."""
    return Starlette(
        routes=[
            Route("/health", _health),
            Route("/favicon.ico", _no_icon),
            Route("/v1/{rest:path}", Endpoint(api, background).answer, methods=_METHODS),
            *events.routes(pages),
            *checkout.routes(pages),
            *portal.routes(pages),
            *invoice.routes(pages),
        ],
        exception_handlers={404: pages.missing},
    )


_METHODS = ["GET", "POST", "DELETE"]


class Endpoint:
    """Brings requests to the API and answers back."""

    def __init__(self, api: Api, background: Background) -> None:
        self._api = api
        self._background = background

    async def answer(self, request: Request) -> Response:
        try:
            asked = await _read(request)
        except ApiError as fault:
            return JSONResponse(fault.body(), fault.status, {"Request-Id": new_id("req_", 14)})
        answer = await run_in_threadpool(self._api.answer, asked)
        if request.method != "GET":
            self._background.wake()
        headers = {
            "Request-Id": answer.request_id,
            "Stripe-Version": API_VERSION,
            "Cache-Control": "no-cache, no-store",
        }
        if asked.idempotency_key is not None:
            headers["Idempotency-Key"] = asked.idempotency_key
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        return JSONResponse(answer.body, answer.status, headers)


async def _read(request: Request) -> ApiRequest:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            raise ApiError(413, "The request is too long.")
    try:
        form = body.decode() if request.method == "POST" else request.url.query
    except UnicodeDecodeError as fault:
        raise ApiError(400, "Invalid request body") from fault
    headers = request.headers
    return ApiRequest(
        method=request.method,
        path=request.url.path,
        form=form,
        authorization=headers.get("authorization", ""),
        version=headers.get("stripe-version"),
        idempotency_key=headers.get("idempotency-key"),
    )


async def _no_icon(request: Request) -> Response:
    return Response(status_code=204)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})
