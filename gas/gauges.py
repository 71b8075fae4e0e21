"""Gauges: how much waits in the queues between the services, and for how long already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class QueueGauge:
    """One queue at one moment. Counts are approximate, as SQS gives them."""

    name: str
    """What the queue is called among the watched ones, such as `jobs`."""
    waiting: int
    """Messages that nobody has taken yet, those included that are delayed."""
    in_hand: int
    """Messages that somebody is working on."""
    oldest_seconds: int | None = None
    """Age of the message that has waited longest; None: it is not known, or nothing waits."""


class QueueGauges(Protocol):
    """Reads all watched queues."""

    def read(self) -> Sequence[QueueGauge]:
        """The gauges, in the order in which the queues are watched.

        Raises:
            ServiceUnavailable: the queues cannot be asked just now.
        """


def watched_queues(text: str) -> Mapping[str, str]:
    """`jobs=URL mails=URL …` as names and addresses.

    Raises:
        ValueError: an entry has no name or no address.
    """
    queues: dict[str, str] = {}
    for entry in text.split():
        name, _, url = entry.partition("=")
        if not name or not url:
            raise ValueError(f"not NAME=URL: {entry!r}")
        queues[name] = url
    return queues
