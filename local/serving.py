"""Serves the small helpers (Globus stand-in, mailbox) on the loopback interface."""

from __future__ import annotations

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from local.addresses import HOST


def serve(app: ASGIApp, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Requests under any other name than that of this machine are refused, so that a web page
    from outside cannot reach in by pointing a name of its own here (DNS rebinding).
    """
    uvicorn.run(
        TrustedHostMiddleware(app, allowed_hosts=[HOST, "localhost"]),
        host=HOST,
        port=port,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="info",
        access_log=True,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
