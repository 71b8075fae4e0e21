"""What both drivers have in common: how httpx is set up, and what its answers become."""

from __future__ import annotations

from typing import Any

import httpx

from gas_client.errors import Mistake, Unreachable
from gas_client.steps import Answer, Request

CONNECT, READ, WRITE = 15.0, 60.0, 120.0
"""Seconds."""


def settings(timeout: float) -> dict[str, Any]:
    """For httpx.Client and httpx.AsyncClient. Proxies come from the environment (httpx's own way);
    redirects are not followed, so that no token and no file goes where nobody sent it."""
    return {
        "timeout": httpx.Timeout(timeout, connect=CONNECT, write=WRITE, pool=None),
        "limits": httpx.Limits(max_connections=40, max_keepalive_connections=20),
        "follow_redirects": False,
    }


def told(request: Request) -> dict[str, Any]:
    """The request as httpx's `build_request` takes it, but for the body."""
    headers = dict(request.headers)
    if request.body is not None:
        headers["Content-Length"] = str(request.body.size)
        headers.setdefault("Content-Type", request.body.content_type)
    found: dict[str, Any] = {"method": request.method, "url": request.url, "headers": headers}
    if request.read_timeout is not None:
        found["timeout"] = httpx.Timeout(
            request.read_timeout, connect=CONNECT, write=WRITE, pool=None
        )
    return found


def head_of(response: httpx.Response) -> Answer:
    return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()})


def unreachable(error: httpx.HTTPError | httpx.InvalidURL, url: str) -> Unreachable:
    """Says which host it was, and never the rest of a signed address."""
    try:
        host = httpx.URL(url).netloc.decode("ascii", "replace")
    except httpx.InvalidURL:
        host = "the server"
    why = str(error) or type(error).__name__
    return Unreachable(f"{host} cannot be reached ({why}).")


def unusable(error: OSError) -> Mistake:
    """A file on this computer that cannot be read or written."""
    place = f"{error.filename}: " if error.filename else ""
    return Mistake(
        f"{place}{error.strerror or error}.",
        remedy="Look at the folder's rights and at the room on the disk, or choose another.",
    )
