"""Endpoints and deliveries, and the schedule of the tries."""

import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from gas.errors import InvalidRequest

_CURSOR = re.compile(r"msg_[0-9a-f]{34}")

DAY = 24 * 3600
_MOST_DIGITS = 9

MOST_ENDPOINTS = 10
"""Endpoints of one user."""
KEPT_SECONDS = 7 * DAY
"""A delivery stays in the log for so long."""
MOST_ATTEMPTS_KEPT = 20
"""A delivery that is replayed again and again keeps its last ones."""
OLD_SECRET_SECONDS = DAY
"""After a rotation, messages are signed with both secrets for so long."""
FAILING_SECONDS = DAY
"""An endpoint that has taken nothing for so long is switched off."""

PAUSES: Sequence[int] = (
    10, 30, 120, 300, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 25_800,
)  # fmt: skip
"""Seconds between one try and the next. Together a little more than a day, so that the last try
finds an endpoint that failed all of them failing for `FAILING_SECONDS`."""


LONGEST_ASKED = 3600
"""A receiver's `Retry-After` is obeyed up to so many seconds; never is it tried sooner for it."""


class EventType(StrEnum):
    """What is told; the values are what receivers see."""

    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    RESULTS_RESTORED = "results.restored"
    PING = "ping"


CHOOSABLE = (
    EventType.JOB_COMPLETED,
    EventType.JOB_FAILED,
    EventType.JOB_CANCELLED,
    EventType.RESULTS_RESTORED,
)
"""A ping comes only when a person asks for it."""

WORDS: Mapping[EventType, str] = {
    EventType.JOB_COMPLETED: "A job has been annotated",
    EventType.JOB_FAILED: "A job has failed",
    EventType.JOB_CANCELLED: "A job was cancelled",
    EventType.RESULTS_RESTORED: "All archived results are back",
    EventType.PING: "A test that you asked for",
}


class Format(StrEnum):
    """What a message looks like."""

    STANDARD = "standard"
    """JSON by the Standard Webhooks specification: `type`, `timestamp`, `data`."""
    SLACK = "slack"
    """`{"text": …}`, as Slack's incoming webhooks and others like them take it."""


class Disabled(StrEnum):
    """Why an endpoint was switched off by the service."""

    FAILING = "failing"
    """It took nothing for a day."""
    GONE = "gone"
    """It answered 410: it wants no more."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Endpoint(_Record):
    """An address of the user's that wants to be told. Times are seconds since 1970, 0 for never."""

    user_id: str
    endpoint_id: str
    url: str
    description: str = ""
    events: tuple[EventType, ...]
    format: Format = Format.STANDARD
    email: str
    """Whom to write when it is switched off."""
    secret: str
    """`whsec_` + base64: what messages are signed with."""
    old_secret: str = ""
    old_secret_until: int = 0
    """Until then the secret before it signs too."""
    enabled: bool = True
    disabled_because: Disabled | None = None
    mail_due: bool = False
    """It was switched off, and its owner has not been told yet."""
    created_at: int
    failing_since: int = 0
    """The first failure since the last success."""

    def secrets_at(self, now: int) -> tuple[str, ...]:
        """What a message is signed with at `now`."""
        both = self.old_secret and now < self.old_secret_until
        return (self.secret, self.old_secret) if both else (self.secret,)


class Attempt(_Record):
    """One try, and what came back."""

    at: int
    url: str
    milliseconds: int
    headers: Mapping[str, str]
    """What was sent, besides the delivery's body."""
    status: int = 0
    """Of HTTP; 0: there was no answer."""
    answer_headers: Mapping[str, str] = {}
    answer: str = ""
    """The beginning of it."""
    error: str = ""
    """Why there was no answer, in words."""

    @property
    def succeeded(self) -> bool:
        """Whether the receiver has taken the message."""
        return 200 <= self.status < 300

    @property
    def asked_pause(self) -> int:
        """Seconds after which the receiver wants to be asked again (`Retry-After`); 0: not said."""
        text = self.answer_headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return int(text[:_MOST_DIGITS])
        try:
            return max(0, int(parsedate_to_datetime(text).timestamp()) - self.at)
        except (ValueError, OverflowError):
            return 0


class DeliveryState(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up after a day, or after the one try of a ping."""
    DROPPED = "dropped"
    """The endpoint was switched off before it was delivered."""


class Delivery(_Record):
    """One event for one endpoint. A replay begins a new round of the same delivery."""

    user_id: str
    endpoint_id: str
    delivery_id: str
    """The `webhook-id`, the same for every try; sorts by the time of the event."""
    event: EventType
    created_at: int
    """When the event was."""
    body: str
    state: DeliveryState = DeliveryState.PENDING
    round: int = 1
    tries: int = 0
    """Of this round."""
    next_at: int
    """When the next try is due, while it is pending."""
    attempts: tuple[Attempt, ...] = ()
    """The last of all rounds, the oldest first."""
    expires_at: int
    version: int = 0
    """Counts the writes, so that nobody overwrites what they have not seen."""


def after_attempt(delivery: Delivery, attempt: Attempt) -> Delivery:
    """The delivery with the attempt in its log, and what follows from it."""
    tries = delivery.tries + 1
    state, next_at = DeliveryState.PENDING, delivery.next_at
    if attempt.succeeded:
        state = DeliveryState.DELIVERED
    elif delivery.event is EventType.PING or tries > len(PAUSES):
        state = DeliveryState.FAILED
    else:
        next_at = attempt.at + max(PAUSES[tries - 1], min(attempt.asked_pause, LONGEST_ASKED))
    return delivery.model_copy(
        update={
            "tries": tries,
            "state": state,
            "next_at": next_at,
            "attempts": (*delivery.attempts, attempt)[-MOST_ATTEMPTS_KEPT:],
        }
    )


def checked_cursor(cursor: str) -> str:
    """The id that a cursor is.

    Raises:
        InvalidRequest: it is none.
    """
    if not _CURSOR.fullmatch(cursor):
        raise InvalidRequest(
            "This page address is not valid.", remedy="Start again from the first page."
        )
    return cursor
