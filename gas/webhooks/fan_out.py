"""From one event to one delivery for each endpoint that wants it."""

from gas.logs import get_logger
from gas.messages import JobFinished, ResultsRestored, WebhookDue
from gas.ports import Clock, JobStore
from gas.webhooks import events
from gas.webhooks.events import Event
from gas.webhooks.models import Delivery, Endpoint
from gas.webhooks.ports import DeliveryQueue, WebhookStore

log = get_logger()


class FanOut:
    """The use case behind what the service tells itself. Repeating it does no harm."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        store: WebhookStore,
        queue: DeliveryQueue,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._jobs = jobs
        self._store = store
        self._queue = queue
        self._clock = clock
        self._public_url = public_url

    def __call__(self, message: JobFinished | ResultsRestored) -> None:
        """Begin the deliveries that the message leads to."""
        wanting = [each for each in self._store.endpoints(message.user_id) if each.enabled]
        event = self._event(message) if wanting else None
        if event is None:
            return
        for endpoint in wanting:
            if event.type in endpoint.events:
                begin(self._store, self._queue, endpoint, event, now=self._clock.now())

    def _event(self, message: JobFinished | ResultsRestored) -> Event | None:
        if isinstance(message, ResultsRestored):
            at = message.restored_at or self._clock.now()
            return events.results_restored(message.jobs, at, self._public_url)
        job = self._jobs.get(message.job_id)
        if job is None or job.erasing_at is not None or job.user_id != message.user_id:
            return None
        return events.job_ended(job, self._public_url)


def begin(
    store: WebhookStore, queue: DeliveryQueue, endpoint: Endpoint, event: Event, *, now: int
) -> Delivery:
    """Record the delivery, then have it made. After a crash in between it is only queued."""
    delivery = events.delivery_of(event, endpoint, now=now)
    if not store.add_delivery(delivery):
        known = store.delivery(delivery.user_id, delivery.endpoint_id, delivery.delivery_id)
        if known is None or known.tries > 0 or known.round > 1:
            return known or delivery
    queue.send(due(delivery), delay=0)
    log.info("webhook_begun", webhook_id=delivery.delivery_id, webhook_event=event.type)
    return delivery


def due(delivery: Delivery) -> WebhookDue:
    """The message that asks for the delivery's next try."""
    return WebhookDue(
        user_id=delivery.user_id,
        endpoint_id=delivery.endpoint_id,
        delivery_id=delivery.delivery_id,
        round=delivery.round,
        attempt=delivery.tries + 1,
    )
