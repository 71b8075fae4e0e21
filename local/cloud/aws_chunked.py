"""Decodes ``aws-chunked`` bodies while they stream.

The form is that of "Signature calculations for trailing headers" in the S3 API reference:
``SIZE[;chunk-signature=…] CRLF DATA CRLF`` again and again, a chunk of size zero, then trailers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

LONGEST_LINE = 4096


class MalformedChunks(Exception):
    """The body does not have the form it is said to have."""


def is_chunked(headers: Mapping[str, str]) -> bool:
    """Whether a request announces an ``aws-chunked`` body."""
    return headers.get("X-Amz-Content-Sha256", "").startswith(
        "STREAMING-"
    ) or "aws-chunked" in headers.get("Content-Encoding", "")


class ChunkedReader:
    """Gives the data of a chunked body; the trailers are known when it has been read."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self._buffer = b""
        self.trailers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while size := await self._chunk_size():
            async for data in self._take(size):
                yield data
            if await self._line():
                raise MalformedChunks("a chunk is longer than announced")
        while line := await self._line():
            name, _, value = line.partition(b":")
            self.trailers[name.decode("latin-1").strip().lower()] = value.decode("latin-1").strip()

    async def _chunk_size(self) -> int:
        line = await self._line()
        try:
            return int(line.partition(b";")[0], 16)
        except ValueError:
            raise MalformedChunks("a chunk has no size") from None

    async def _take(self, size: int) -> AsyncIterator[bytes]:
        while size:
            if not self._buffer:
                await self._fill()
                if not self._buffer:
                    raise MalformedChunks("the body ends within a chunk")
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            size -= len(data)
            yield data

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            before = len(self._buffer)
            if before > LONGEST_LINE:
                raise MalformedChunks("a line is too long")
            await self._fill()
            if len(self._buffer) == before:
                rest, self._buffer = self._buffer, b""
                return rest
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    async def _fill(self) -> None:
        self._buffer += await anext(self._source, b"")
