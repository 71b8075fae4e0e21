"""What the supervisor knows about one process it looks after."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from local.addresses import HOST

FOUNDATION_STOP_SECONDS = 2.2
"""How long database and cloud may take to stop. What they acknowledged survives a kill."""

Probe = Callable[[], Awaitable[bool]]


class Layer(IntEnum):
    """Parts are stopped from the highest layer down, those of one layer together."""

    FOUNDATION = 0
    """Database and cloud: everything else talks to them."""
    HELPER = 1
    """Stand-ins that no part needs in order to stop cleanly."""
    SERVICE = 2
    """The product itself."""


@dataclass(frozen=True)
class Part:
    """One supervised process."""

    name: str
    """Names the log and the process record: lower case, fit for a file name."""
    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Working directory of the process."""
    ready: Probe
    """Asked again and again after a start until it says yes."""
    layer: Layer
    ready_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 4.0
    """How long the process may take to stop before it is killed."""
    prepare: Callable[[], None] | None = field(default=None, compare=False)
    """Called in a thread before every start."""


def answers_http(port: int, path: str, authority: Path | None = None) -> Probe:
    """A probe: the server on this loopback port answers ``GET path`` with a status below 500.

    ``authority`` is given if it speaks HTTPS: what its certificate must come from.
    """

    async def probe() -> bool:
        try:
            tls = ssl.create_default_context(cafile=authority) if authority else None
            reader, writer = await asyncio.open_connection(HOST, port, ssl=tls)
        except OSError:
            return False
        try:
            request = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
            writer.write(request.encode("ascii"))
            status = await asyncio.wait_for(reader.readline(), timeout=5)
            words = status.split()
            return len(words) >= 2 and words[1].isdigit() and int(words[1]) < 500
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()

    return probe
