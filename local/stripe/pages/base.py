"""What all pages share: how they are rendered, and how their forms are read."""

from __future__ import annotations

import contextlib
import datetime
import hmac
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.stripe.cards import CARDS
from local.stripe.store import Store, Transaction
from local.stripe.work import Work

CSRF_COOKIE = "practice_payments_form"
_LARGEST_FORM = 64 * 1024
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_TOO_OLD = "The form was too old. Nothing was done; please send it again."

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


def money(amount: int, currency: str) -> str:
    """An amount in the smallest unit as people write it: ``USD 19.00``."""
    return f"{currency.upper()} {amount / 100:,.2f}"


def date(moment: float) -> str:
    return f"{datetime.datetime.fromtimestamp(moment, datetime.UTC):%-d %B %Y}"


def moment_of(moment: float) -> str:
    return f"{datetime.datetime.fromtimestamp(moment, datetime.UTC):%-d %B %Y, %H:%M:%S} UTC"


_templates.filters.update(money=money, date=date, moment=moment_of)


@dataclass(frozen=True)
class Form:
    """A form that somebody sent from a page of ours."""

    values: dict[str, str]
    genuine: bool
    """It carries the secret of the browser that got the page."""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


class Pages:
    """Renders pages and opens pieces of work for them."""

    def __init__(self, store: Store, base_url: str, wake: Callable[[], None]) -> None:
        self.store = store
        self.base_url = base_url
        self._wake = wake

    @contextlib.contextmanager
    def work(self) -> Iterator[Work]:
        """A piece of work that is durable at its end; events set out then."""
        with self.store.transaction() as tx:
            yield Work(tx, self.base_url)
        self._wake()

    @contextlib.contextmanager
    def looking(self) -> Iterator[Work]:
        """The same for reading only."""
        with self.store.reading() as tx:
            yield self._view(tx)

    def render(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        leads_to: str | None = None,
        **values: object,
    ) -> Response:
        """A page.

        Parameters
        ----------
        leads_to
            An address outside that a form of the page may redirect to in the end; browsers hold
            such a redirect to the page's ``form-action``.
        """
        token = request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(24)
        html = _templates.get_template(template).render(csrf=token, cards=CARDS, **values)
        target = _origin(leads_to) if leads_to else ""
        policy = (
            f"default-src 'none'; style-src 'self'; form-action 'self' {target}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        response = HTMLResponse(html, status, {**_HEADERS, "Content-Security-Policy": policy})
        response.set_cookie(CSRF_COOKIE, token, httponly=True, samesite="strict", path="/")
        return response

    async def form(self, request: Request) -> Form:
        """The fields of a form; files and long forms are of no use here."""
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > _LARGEST_FORM:
            return Form({}, genuine=False)
        async with request.form(max_files=0, max_fields=30) as sent:
            values = {name: value for name, value in sent.items() if isinstance(value, str)}
        cookie = request.cookies.get(CSRF_COOKIE, "")
        same = hmac.compare_digest(cookie.encode(), values.get("csrf", "").encode())
        return Form(values, genuine=bool(cookie) and same)

    async def missing(self, request: Request, fault: Exception | None = None) -> Response:
        return self.render(request, "missing.html", 404)

    def too_old(self, request: Request, back: str) -> Response:
        """The form was not sent from a page that this browser got."""
        return self.render(request, "notice.html", 403, heading=_TOO_OLD, text="", back=back)

    def _view(self, tx: Transaction) -> Work:
        return Work(tx, self.base_url)


def leave(where: str) -> Response:
    """Send the browser on."""
    return RedirectResponse(where, 303, {"Cache-Control": "no-store"})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
