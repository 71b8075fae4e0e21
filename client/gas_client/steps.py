"""What the client does, apart from how: plans made of steps.

A plan is a generator. It yields steps (send this, sleep so long, do these together) and is given
their outcomes; what it returns is the plan's result. No plan touches a socket, so one set of plans
serves both drivers: `gas_client.sync` and `gas_client.aio`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Body:
    """A body that is streamed; `chunks` begins anew each time it is called."""

    size: int
    chunks: Callable[[], Iterator[bytes]]
    content_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Request:
    """One HTTP request."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Body | None = None
    read_timeout: float | None = None
    """Seconds; None: the client's usual."""


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers in small letters. `content` is empty if a sink took it."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class Sink(Protocol):
    """Where the content of an answer goes while it arrives."""

    def begin(self, answer: Answer) -> bool:
        """Whether the content is wanted; if not, it stays in the answer."""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""


@dataclass(frozen=True)
class Send:
    """Send a request → Answer. The driver throws Unreachable into the plan if that fails."""

    request: Request
    sink: Sink | None = None


@dataclass(frozen=True)
class Sleep:
    """Do nothing for so many seconds → None."""

    seconds: float


@dataclass(frozen=True)
class Together:
    """Carry out plans, so many at once → list of their results. The first error ends them all."""

    plans: Sequence[Plan[Any]]
    at_once: int


Step: TypeAlias = "Send | Sleep | Together"
Plan: TypeAlias = Generator[Step, Any, T]
