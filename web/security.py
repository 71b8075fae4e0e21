"""What every answer carries to keep browsers safe: cookies, CSRF, security headers.

The policy allows nothing but this app's own files; the bucket's address is added because the
browser posts uploads straight to S3, Globus Auth's because logging out ends there, and Stripe's
because paying begins there.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect

from gas.settings import WebSettings
from web.auth import bearer
from web.billing.webhook import blueprint as stripe_webhook
from web.device.programs import blueprint as device_programs
from web.services import Services
from web.store_events.routes import blueprint as store_events

MAX_BODY = 64 * 1024
"""Largest request body; files never come this way."""

PUBLIC_CACHE_ENDPOINTS = frozenset({"static", "bootstrap.static"})

OWN_CACHE_ENDPOINTS = frozenset({"reference.contigs", "reference.sequence", "reference.genes"})
"""Endpoints that say themselves how long their good answers may be kept."""

_SIGNED = frozenset({stripe_webhook.name, store_events.name, device_programs.name})
"""Blueprints whose requests are signed by others, show a secret of ours, or look at no session."""

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def flask_config(settings: WebSettings) -> dict[str, Any]:
    """Flask's configuration: a signed session cookie of fixed lifetime, local Bootstrap."""
    https = is_https(settings)
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        # __Host-: browsers accept it only over https, for this very host, for the whole site.
        "SESSION_COOKIE_NAME": "__Host-gas_session" if https else "gas_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": settings.session_hours * 3600,
        "MAX_CONTENT_LENGTH": MAX_BODY,
        # See `install`.
        "WTF_CSRF_CHECK_DEFAULT": False,
        # A form stays good as long as the session it belongs to.
        "WTF_CSRF_TIME_LIMIT": None,
        "BOOTSTRAP_SERVE_LOCAL": True,
    }


def is_https(settings: WebSettings) -> bool:
    """Whether browsers reach this app over https."""
    return urlsplit(settings.public_url).scheme == "https"


def _is_this_machine(settings: WebSettings) -> bool:
    """Whether browsers reach this app at `localhost`.

    Strict transport security is of a name, not of a port: it would turn whatever else a person
    runs there by plain HTTP to HTTPS, for two years.
    """
    return urlsplit(settings.public_url).hostname == "localhost"


def content_security_policy(
    *, s3_origin: str, globus_origin: str, payment_origins: Sequence[str]
) -> str:
    """The Content-Security-Policy of every page."""
    forms = " ".join(("'self'", s3_origin, globus_origin, *payment_origins))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            f"connect-src 'self' {s3_origin}",
            f"form-action {forms}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def install(app: Flask, services: Services) -> None:
    """Turn CSRF protection on and add the headers to every answer."""
    csrf = CSRFProtect(app)

    @app.before_request
    def check_csrf() -> None:
        # What presents a token comes from a program, and its cookies count for nothing.
        if request.endpoint and request.blueprint not in _SIGNED and not bearer.presented():
            csrf.protect()

    policy = content_security_policy(
        s3_origin=_upload_origin(services),
        globus_origin=origin_of(services.identity_provider.issuer),
        payment_origins=services.settings.stripe_page_origins,
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if is_https(services.settings) and not _is_this_machine(services.settings):
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            # What a page says itself is stricter.
            response.headers.setdefault(name, value)
        keeps = request.endpoint in OWN_CACHE_ENDPOINTS and response.status_code < 400
        if request.endpoint not in PUBLIC_CACHE_ENDPOINTS and not keeps:
            response.headers["Cache-Control"] = "no-store"
            response.vary.update(("Accept", "Cookie"))
        return response


def _upload_origin(services: Services) -> str:
    """Where browsers post uploads, learnt from a signed upload, because only the SDK knows it."""
    post = services.inputs.sign_post(
        "origin", min_bytes=1, max_bytes=1, expires_in=1, metadata={}, redirect_to=None
    )
    return origin_of(post.url)


def origin_of(url: str) -> str:
    """Scheme and host of an address, with the port where it names one."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
