"""Reads the bodies of requests."""

from __future__ import annotations

from aiohttp import web

PIECE = 256 * 1024


class BodyTooLarge(Exception):
    """The body is longer than what is held in memory."""


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """The whole body.

    Raises
    ------
    BodyTooLarge
        It is longer than ``limit`` bytes. What had come by then is dropped.
    """
    if (request.content_length or 0) > limit:
        raise BodyTooLarge
    pieces: list[bytes] = []
    size = 0
    async for piece in request.content.iter_chunked(PIECE):
        size += len(piece)
        if size > limit:
            raise BodyTooLarge
        pieces.append(piece)
    return b"".join(pieces)
