"""The stand-in's pages and endpoints, at the paths of Globus Auth."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jinja2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local.globus.identities import Identity, IdentityRefused
from local.globus.protocol import AuthorizeRequest, NotOurClient, Provider, Refused

CSRF_COOKIE = "globus_standin_form"
_LARGEST_FORM = 64 * 1024

_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


def create_app(provider: Provider) -> Starlette:
    """The stand-in as an ASGI application."""
    pages = Pages(provider)
    endpoints = Endpoints(provider)
    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/v2/oauth2/authorize", pages.ask, methods=["GET"]),
            Route("/v2/oauth2/authorize", pages.answer, methods=["POST"]),
            Route("/v2/web/logout", pages.logout),
            Route("/.well-known/openid-configuration", endpoints.configuration),
            Route("/jwk.json", endpoints.keys),
            Route("/v2/oauth2/token", endpoints.token, methods=["POST"]),
            Route("/v2/oauth2/token/introspect", endpoints.introspect, methods=["POST"]),
            Route("/v2/oauth2/token/revoke", endpoints.revoke, methods=["POST"]),
            Route("/v2/oauth2/userinfo", endpoints.userinfo, methods=["GET", "POST"]),
            Route("/v2/api/identities", endpoints.identities),
        ],
        exception_handlers={Refused: _refusal},
    )


class Pages:
    """What a person sees."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def home(self, request: Request) -> Response:
        return self._page("home.html", 200)

    async def ask(self, request: Request) -> Response:
        """Show who may sign in."""
        checked = self._checked(request)
        return checked if isinstance(checked, Response) else self._form(request, checked)

    async def answer(self, request: Request) -> Response:
        """Somebody has chosen; the whole request is checked again, it comes from outside."""
        checked = self._checked(request)
        if isinstance(checked, Response):
            return checked
        form = await _form_of(request)
        cookie = request.cookies.get(CSRF_COOKIE, "")
        if not cookie or not hmac.compare_digest(cookie.encode(), form.get("csrf", "").encode()):
            return self._form(request, checked, "The form was too old. Please choose again.", 403)
        if form.get("choice") == "cancel":
            return _redirect(checked.back(error="access_denied"))
        try:
            identity = self._provider.authenticating(checked, self._chosen(form))
        except IdentityRefused as fault:
            return self._form(request, checked, str(fault), 400, form)
        confirmed = form.get("second_factor") == "confirmed"
        if checked.second_factor and not confirmed:
            # Known from now on, so that the next step can name them.
            self._provider.store.remember(identity)
            return self._form(request, checked, template="second_factor.html", identity=identity)
        return _redirect(self._provider.sign_in(checked, identity, second_factor=confirmed))

    async def logout(self, request: Request) -> Response:
        """There is no session here to end; offer the way back to the web app."""
        back = request.query_params.get("redirect_uri", "")
        ours = {_origin(uri) for uri in self._provider.client.redirect_uris}
        return self._page(
            "logout.html",
            200,
            back=back if _origin(back) in ours else "",
            name=request.query_params.get("redirect_name", "") or "the web app",
        )

    def _checked(self, request: Request) -> AuthorizeRequest | Response:
        query = dict(request.query_params)
        try:
            checked = self._provider.check_address(query)
        except NotOurClient as fault:
            return self._page("refused.html", 400, reason=str(fault))
        try:
            self._provider.check_request(checked, query)
        except Refused as fault:
            return _redirect(checked.back(error=fault.code, error_description=str(fault)))
        return checked

    def _chosen(self, form: dict[str, str]) -> Identity:
        if subject := form.get("identity"):
            known = self._provider.store.identity(subject)
            if known is None:
                raise IdentityRefused("That person is not known here.")
            return known
        return Identity.of(
            form.get("name", ""), form.get("email", ""), form.get("organization", "")
        )

    def _form(
        self,
        request: Request,
        checked: AuthorizeRequest,
        message: str = "",
        status: int = 200,
        typed: dict[str, str] | None = None,
        template: str = "authorize.html",
        **more: object,
    ) -> Response:
        token = request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(24)
        response = self._page(
            template,
            status,
            **more,
            asked=checked,
            identities=self._provider.store.known(),
            csrf=token,
            message=message,
            typed=typed or {},
            action=f"{request.url.path}?{request.url.query}",
            # Browsers hold the redirect that follows a form to its page's form-action as well.
            form_action=f"'self' {_origin(checked.redirect_uri)}",
        )
        response.set_cookie(
            CSRF_COOKIE, token, httponly=True, samesite="strict", path="/v2/oauth2/authorize"
        )
        return response

    def _page(
        self, template: str, status: int, form_action: str = "'none'", **values: object
    ) -> HTMLResponse:
        # A nonce lets the page's own small style sheet in and nothing else.
        nonce = secrets.token_urlsafe(12)
        html = _pages.get_template(template).render(nonce=nonce, **values)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {form_action}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(
            html,
            status,
            {
                "Content-Security-Policy": policy,
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        )


class Endpoints:
    """What programs talk to."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def configuration(self, request: Request) -> Response:
        return JSONResponse(self._provider.configuration())

    async def keys(self, request: Request) -> Response:
        return JSONResponse(self._provider.signer.public_keys())

    async def token(self, request: Request) -> Response:
        return _secret(self._provider.exchange(await self._form_of_client(request)))

    async def introspect(self, request: Request) -> Response:
        form = await self._form_of_client(request)
        include = form.get("include", "").split(",")
        return _secret(self._provider.introspect(form.get("token", ""), include))

    async def revoke(self, request: Request) -> Response:
        form = await self._form_of_client(request)
        self._provider.store.revoke(form.get("token", ""))
        return _secret({"active": False})

    async def userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused("invalid_token", "an access token is needed", status=401)
        return _secret(self._provider.userinfo(token.strip()))

    async def identities(self, request: Request) -> Response:
        """Look people up by id or by user name, for anybody who has a token or the secret."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if self._provider.store.token(token.strip()) is None:
                raise Refused("invalid_token", "the access token is not valid", status=401)
        else:
            self._require_client(request, {})
        store = self._provider.store
        ids = [part for part in request.query_params.get("ids", "").split(",") if part]
        names = [part for part in request.query_params.get("usernames", "").split(",") if part]
        found = [store.identity(i) for i in ids] + [store.by_username(n) for n in names]
        return JSONResponse({"identities": [i.described() for i in found if i is not None]})

    async def _form_of_client(self, request: Request) -> dict[str, str]:
        form = await _form_of(request)
        self._require_client(request, form)
        return form

    def _require_client(self, request: Request, form: dict[str, str]) -> None:
        client_id, secret = _basic(request) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        if not self._provider.client.is_me(client_id, secret):
            raise Refused("invalid_client", "wrong client or secret", status=401)


async def _refusal(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Refused)
    headers = {"WWW-Authenticate": 'Basic realm="globus stand-in"'} if fault.status == 401 else {}
    content = {"error": fault.code, "error_description": str(fault)}
    return JSONResponse(content, fault.status, {**headers, "Cache-Control": "no-store"})


async def _form_of(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form; files and repeated fields are of no use here."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _LARGEST_FORM:
        raise Refused("invalid_request", "the form is too long", status=413)
    async with request.form(max_files=0, max_fields=30) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return unquote(name), unquote(secret)


def _origin(url: str) -> str:
    """Scheme, host and port; empty unless it is an HTTP address."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
        return f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        return ""


def _redirect(where: str) -> Response:
    return RedirectResponse(where, 303, {"Cache-Control": "no-store"})


def _secret(content: Mapping[str, object]) -> JSONResponse:
    return JSONResponse(content, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})
