"""The one TCP door of the embedded cloud."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from aiohttp import web

from local.addresses import HOST
from local.cloud.child import Child
from local.cloud.settings import CloudSettings, RootKey
from local.cloud.upstream import Upstream, end_to_end

log = logging.getLogger(__name__)

HEALTH = "/_gas/health"
PIECE = 256 * 1024
BLOCKED_ROOTS = ("_", "latest", "health")
"""First path segments that lead to ministack's own pages, none of which ask for a signature."""


def is_blocked(path: str) -> bool:
    """Whether a decoded path leads to an administrative page of ministack."""
    first = path.lstrip("/").partition("/")[0].lower()
    return first.startswith("_") or first in BLOCKED_ROOTS


class Gateway:
    """Takes requests, lets ministack answer them, and keeps what must not be lost."""

    def __init__(self, settings: CloudSettings) -> None:
        settings.create_folders()
        self.settings = settings
        self.root = RootKey.load_or_make(settings.root_key)
        self.upstream = Upstream(str(settings.socket_path()), f"{HOST}:{settings.port}", self.root)
        self.child = Child(settings, self.root, self._restore, self._lose)
        self._ready = asyncio.Event()

    async def start(self) -> None:
        await self.upstream.__aenter__()
        await self.child.start()

    async def stop(self) -> None:
        await self.child.stop()
        await self.upstream.__aexit__(None, None, None)

    async def _restore(self) -> None:
        self._ready.set()

    def _lose(self) -> None:
        self._ready.clear()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == HEALTH:
            return self._health()
        if is_blocked(request.path):
            return web.json_response({"message": "There is nothing here."}, status=404)
        if not self._ready.is_set():
            return unavailable()
        try:
            return await self._pass(request)
        except (aiohttp.ClientError, ConnectionError):
            return unavailable()

    def _health(self) -> web.Response:
        if not self._ready.is_set():
            return web.json_response({"status": "starting"}, status=503)
        return web.json_response({"status": "ok", "ministack": self.child.pid})

    async def _pass(self, request: web.BaseRequest) -> web.StreamResponse:
        body = request.content.iter_chunked(PIECE) if request.body_exists else None
        async with self.upstream.open(
            request.method, request.raw_path, request.headers, body
        ) as answer:
            response = web.StreamResponse(
                status=answer.status, reason=answer.reason, headers=end_to_end(answer.headers)
            )
            await response.prepare(request)
            async for piece in answer.content.iter_chunked(PIECE):
                await response.write(piece)
            await response.write_eof()
            return response


def unavailable() -> web.Response:
    """The answer while ministack is away; SDKs try again by themselves."""
    return web.Response(status=503, headers={"Retry-After": "1"}, text="The cloud is starting.")
