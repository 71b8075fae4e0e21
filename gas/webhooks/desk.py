"""What a person does with their endpoints: the use cases behind the API and the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from gas.errors import GasError, InvalidRequest, NotFound, ServiceUnavailable
from gas.jobs import Job
from gas.logs import get_logger
from gas.outbound.addresses import parse
from gas.ports import Clock
from gas.webhooks import events
from gas.webhooks.fan_out import begin, due
from gas.webhooks.models import (
    CHOOSABLE,
    KEPT_SECONDS,
    MOST_ENDPOINTS,
    OLD_SECRET_SECONDS,
    Delivery,
    DeliveryState,
    Endpoint,
    EventType,
    Format,
)
from gas.webhooks.ports import DeliveryPage, DeliveryQueue, WebhookStore
from gas.webhooks.signing import new_secret

log = get_logger()

LONGEST_DESCRIPTION = 100
_PAGE = 100
_LOST_SECONDS = 3600
"""A try that is overdue for so long has lost its message; a replay brings it back."""


class EndpointOff(GasError):
    """The endpoint is switched off, so that nothing is sent to it."""

    code = "webhook_switched_off"


class DeliveryUnderWay(GasError):
    """The delivery is still being tried."""

    code = "webhook_delivery_under_way"
    retryable = True


@dataclass(frozen=True)
class Owner:
    """Whose endpoints they are, and whom to write."""

    user_id: str
    email: str


@dataclass(frozen=True)
class Wishes:
    """What a person says of an endpoint."""

    url: str
    events: Sequence[EventType]
    description: str = ""
    format: Format = Format.STANDARD
    enabled: bool = True


class WebhookDesk:
    """All use cases. Every one looks at the user's own endpoints only."""

    def __init__(
        self,
        store: WebhookStore,
        queue: DeliveryQueue,
        clock: Clock,
        *,
        public_url: str,
        allow_loopback: bool,
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._public_url = public_url
        self._allow_loopback = allow_loopback

    def create(self, owner: Owner, wishes: Wishes) -> Endpoint:
        """A new endpoint; its secret is shown to the person now and never again.

        Raises:
            AddressRefused, InvalidRequest: it cannot be, or there are too many.
        """
        self._check(wishes)
        endpoint = Endpoint(
            user_id=owner.user_id,
            endpoint_id=str(uuid4()),
            url=wishes.url,
            description=wishes.description.strip(),
            events=_in_order(wishes.events),
            format=wishes.format,
            email=owner.email,
            secret=new_secret(),
            enabled=wishes.enabled,
            created_at=self._clock.now(),
        )
        if len(self.list(owner.user_id)) >= MOST_ENDPOINTS:
            raise _too_many()
        self._store.create_endpoint(endpoint)
        if len(self.list(owner.user_id)) > MOST_ENDPOINTS:  # two requests at once
            self._store.delete_endpoint(owner.user_id, endpoint.endpoint_id)
            raise _too_many()
        return endpoint

    def list(self, user_id: str) -> Sequence[Endpoint]:
        """The person's endpoints, the oldest first."""
        return self._store.endpoints(user_id)

    def get(self, user_id: str, endpoint_id: str) -> Endpoint:
        """One of them.

        Raises:
            NotFound: there is no such endpoint of this person.
        """
        found = self._store.endpoint(user_id, endpoint_id)
        if found is None:
            raise _no_endpoint()
        return found

    def change(self, owner: Owner, endpoint_id: str, wishes: Wishes) -> Endpoint:
        """The endpoint as the person wants it; switching it on forgets that it was failing.

        Raises:
            AddressRefused, InvalidRequest, NotFound: see `create` and `get`.
        """
        self._check(wishes)
        endpoint = self.get(owner.user_id, endpoint_id)
        changes = {
            "url": wishes.url,
            "description": wishes.description.strip(),
            "events": _in_order(wishes.events),
            "format": wishes.format,
            "email": owner.email,
            "enabled": wishes.enabled,
        }
        if wishes.enabled and not endpoint.enabled:
            changes |= {"disabled_because": None, "failing_since": 0}
        return self._changed(endpoint, changes)

    def rotate_secret(self, user_id: str, endpoint_id: str) -> Endpoint:
        """A new secret, shown now and never again; the old one signs too for a day.

        Raises:
            NotFound: see `get`.
        """
        endpoint = self.get(user_id, endpoint_id)
        changes = {
            "secret": new_secret(),
            "old_secret": endpoint.secret,
            "old_secret_until": self._clock.now() + OLD_SECRET_SECONDS,
        }
        return self._changed(endpoint, changes)

    def delete(self, user_id: str, endpoint_id: str) -> None:
        """Forget the endpoint and its log.

        Raises:
            NotFound: see `get`.
        """
        if not self._store.delete_endpoint(user_id, endpoint_id):
            raise _no_endpoint()

    def ping(self, user_id: str, endpoint_id: str) -> Delivery:
        """Send a test, once, even to an endpoint that is switched off.

        Raises:
            NotFound: see `get`.
        """
        endpoint, now = self.get(user_id, endpoint_id), self._clock.now()
        event = events.ping(endpoint, now, uuid4().hex, self._public_url)
        return begin(self._store, self._queue, endpoint, event, now=now)

    def tell_cancelled(self, job: Job) -> None:
        """Tell of a job that its user has cancelled; told twice, it is told once. What cannot be
        told just now is left out: whoever cancels knows."""
        event = events.job_ended(job, self._public_url)
        if event is None:
            return
        try:
            for endpoint in self._store.endpoints(job.user_id):
                if endpoint.enabled and event.type in endpoint.events:
                    begin(self._store, self._queue, endpoint, event, now=self._clock.now())
        except ServiceUnavailable as error:
            log.warning("cancelling_not_told", job_id=job.job_id, reason=error.message)

    def deliveries(
        self, user_id: str, endpoint_id: str, *, limit: int, cursor: str | None
    ) -> DeliveryPage:
        """A page of the endpoint's log, the newest first.

        Raises:
            NotFound: see `get`.
            InvalidRequest: the cursor is none.
        """
        self.get(user_id, endpoint_id)
        return self._store.deliveries(user_id, endpoint_id, limit=limit, cursor=cursor)

    def log(self, user_id: str, endpoint_id: str) -> Iterator[Delivery]:
        """All deliveries of the endpoint, the newest first, read as they are needed."""
        cursor = None
        while True:
            page = self._store.deliveries(user_id, endpoint_id, limit=_PAGE, cursor=cursor)
            yield from page.deliveries
            cursor = page.next_cursor
            if cursor is None:
                return

    def replay(self, user_id: str, endpoint_id: str, delivery_id: str) -> Delivery:
        """Deliver it once more from the start, under the same `webhook-id`.

        Raises:
            NotFound: there is no such delivery any more.
            EndpointOff: nothing would be sent.
            DeliveryUnderWay: it is still being tried.
        """
        endpoint = self.get(user_id, endpoint_id)
        delivery = self._store.delivery(user_id, endpoint_id, delivery_id)
        if delivery is None:
            raise NotFound(
                "There is no such delivery.", remedy="Deliveries stay in the log for seven days."
            )
        if not endpoint.enabled and delivery.event is not EventType.PING:
            raise EndpointOff("The endpoint is switched off.", remedy="Switch it on first.")
        now = self._clock.now()
        if delivery.state is DeliveryState.PENDING and now < delivery.next_at + _LOST_SECONDS:
            raise _under_way()
        again = self._store.replace_delivery(
            delivery.model_copy(
                update={
                    "state": DeliveryState.PENDING,
                    "round": delivery.round + 1,
                    "tries": 0,
                    "next_at": now,
                    "expires_at": now + KEPT_SECONDS,
                }
            )
        )
        if again is None:
            raise _under_way()
        self._queue.send(due(again), delay=0)
        return again

    def _check(self, wishes: Wishes) -> None:
        parse(wishes.url, allow_loopback=self._allow_loopback)
        if not wishes.events or not set(wishes.events) <= set(CHOOSABLE):
            raise InvalidRequest("events: at least one.", remedy="Choose what is to be sent.")
        text = wishes.description.strip()
        if len(text) > LONGEST_DESCRIPTION or not text.isprintable():
            raise InvalidRequest(
                f"description: up to {LONGEST_DESCRIPTION} printable characters.",
                remedy="Choose another one.",
            )

    def _changed(self, endpoint: Endpoint, changes: dict[str, object]) -> Endpoint:
        changed = self._store.change_endpoint(endpoint, changes)
        if changed is None:
            raise _no_endpoint()
        return changed


def _in_order(chosen: Sequence[EventType]) -> tuple[EventType, ...]:
    return tuple(each for each in CHOOSABLE if each in chosen)


def _no_endpoint() -> NotFound:
    return NotFound("There is no such endpoint of yours.", remedy="List your endpoints.")


def _too_many() -> InvalidRequest:
    return InvalidRequest(
        f"You have {MOST_ENDPOINTS} endpoints already.", remedy="Delete one that is not used."
    )


def _under_way() -> DeliveryUnderWay:
    return DeliveryUnderWay("This delivery is still being tried.", remedy="Wait for its end.")
