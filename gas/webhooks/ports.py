"""What webhooks need of the world. All of it raises ServiceUnavailable when it is away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gas.messages import WebhookDue
from gas.webhooks.models import Delivery, Endpoint


@dataclass(frozen=True)
class DeliveryPage:
    """One page of an endpoint's log, the newest first."""

    deliveries: Sequence[Delivery]
    next_cursor: str | None
    """Opaque; pass it to get the following page. None: this was the last."""


class WebhookStore(Protocol):
    """Endpoints and deliveries (`gas.aws.webhooks`, `gas.testing.webhooks`)."""

    def create_endpoint(self, endpoint: Endpoint) -> None:
        """Keep a new endpoint."""

    def endpoints(self, user_id: str) -> Sequence[Endpoint]:
        """The user's endpoints, the oldest first, read consistently."""

    def endpoint(self, user_id: str, endpoint_id: str) -> Endpoint | None:
        """One of them, read consistently."""

    def change_endpoint(
        self,
        endpoint: Endpoint,
        changes: Mapping[str, Any],
        *,
        expect: Mapping[str, Any] | None = None,
    ) -> Endpoint | None:
        """Change these fields and leave the others as they are; the endpoint afterwards.

        None: there is no such endpoint, or fields are not what `expect` says.
        """

    def delete_endpoint(self, user_id: str, endpoint_id: str) -> bool:
        """Forget the endpoint and its log. False: there is none."""

    def add_delivery(self, delivery: Delivery) -> bool:
        """Keep a new delivery. False: it is there already."""

    def delivery(self, user_id: str, endpoint_id: str, delivery_id: str) -> Delivery | None:
        """One delivery, read consistently."""

    def deliveries(
        self, user_id: str, endpoint_id: str, *, limit: int, cursor: str | None = None
    ) -> DeliveryPage:
        """A page of the log.

        Raises:
            InvalidRequest: `cursor` is not one that an earlier page gave.
        """

    def replace_delivery(self, delivery: Delivery) -> Delivery | None:
        """Write a delivery that was read; the delivery afterwards.

        None: somebody else has written it since, or it is gone.
        """

    def erase(self, user_id: str, *, up_to: int) -> None:
        """Forget all of the user's that was made until `up_to`: a deleted account."""


class DeliveryQueue(Protocol):
    """Where deliveries wait for their next try."""

    def send(self, due: WebhookDue, *, delay: int) -> None:
        """Have the try made after `delay` seconds (0-900)."""


@dataclass(frozen=True)
class Reply:
    """What came of a request."""

    status: int = 0
    """0: there was no answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    error: str = ""
    """Why there was no answer, in words for the owner of the endpoint."""


class Sender(Protocol):
    """Makes one request to a stranger's system."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """POST, once. Whatever the other side does is a reply, never an error."""
