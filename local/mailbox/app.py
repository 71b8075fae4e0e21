"""The mailbox's pages, and the same as JSON for tests and scripts."""

from __future__ import annotations

from pathlib import Path

import jinja2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from local.mailbox.source import CloudAway, MailSource

SHOWN = 50
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail is a stranger's page: no scripts, no requests, an origin of its own. Its links open
# outside of the frame.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'"
)

_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


def create_app(source: MailSource) -> Starlette:
    """The mailbox as an ASGI application."""
    mailbox = Mailbox(source)
    return Starlette(
        routes=[
            Route("/", mailbox.inbox),
            Route("/messages/{mail_id}", mailbox.message),
            Route("/messages/{mail_id}/html", mailbox.html_part),
            Route("/api/messages", mailbox.api_list),
            Route("/api/messages/{mail_id}", mailbox.api_message),
            Route("/style.css", _style),
            Route("/healthz", _health),
        ],
        exception_handlers={CloudAway: _cloud_away, 404: _not_found},
    )


class Mailbox:
    """The endpoints."""

    def __init__(self, source: MailSource) -> None:
        self._source = source

    async def inbox(self, request: Request) -> Response:
        recipient = request.query_params.get("to", "").strip()
        before = _number(request.query_params.get("before"), 0)
        mails = await self._source.newest(SHOWN + 1, recipient, before)
        more = len(mails) > SHOWN
        return _page("inbox.html", mails=mails[:SHOWN], recipient=recipient, more=more)

    async def message(self, request: Request) -> Response:
        found = await self._source.one(request.path_params["mail_id"])
        if found is None:
            return _page("missing.html", 404)
        return _page("message.html", full=found, mail=found.mail)

    async def html_part(self, request: Request) -> Response:
        found = await self._source.one(request.path_params["mail_id"])
        if found is None or not found.html:
            return _page("missing.html", 404)
        html = '<base target="_blank">' + found.html
        return HTMLResponse(html, headers={**_HEADERS, "Content-Security-Policy": _MAIL_POLICY})

    async def api_list(self, request: Request) -> Response:
        """`GET /api/messages?to=…&limit=…`: the newest first."""
        limit = min(max(_number(request.query_params.get("limit"), SHOWN), 1), 500)
        mails = await self._source.newest(limit, request.query_params.get("to", "").strip())
        return JSONResponse({"messages": [mail.as_json() for mail in mails]}, headers=_HEADERS)

    async def api_message(self, request: Request) -> Response:
        found = await self._source.one(request.path_params["mail_id"])
        if found is None:
            return JSONResponse({"error": "There is no such mail."}, 404, _HEADERS)
        return JSONResponse(found.as_json(), headers=_HEADERS)


def _page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    html = _pages.get_template(template).render(**values)
    return HTMLResponse(html, status, {**_HEADERS, "Content-Security-Policy": _PAGE_POLICY})


async def _style(request: Request) -> Response:
    css = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    return Response(css, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _cloud_away(request: Request, fault: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "The embedded cloud does not answer."}, 503, _HEADERS)
    return _page("away.html", 503)


async def _not_found(request: Request, fault: Exception) -> Response:
    return _page("missing.html", 404)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else otherwise
