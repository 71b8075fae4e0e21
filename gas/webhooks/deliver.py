"""One try of one delivery, and what follows from it.

The order in which a crash anywhere loses nothing: request, record, the endpoint's health, the next
try's message; only then is this try's message deleted. Cut off before the record, the request is
made again, under the same `webhook-id`; after it, the rest is done without another request.
"""

import time
from http import HTTPStatus

from gas.logs import bound, get_logger
from gas.messages import AccountNotice, WebhookDue
from gas.ports import Clock, Topic
from gas.webhooks.fan_out import due
from gas.webhooks.models import (
    FAILING_SECONDS,
    Attempt,
    Delivery,
    DeliveryState,
    Disabled,
    Endpoint,
    EventType,
    after_attempt,
)
from gas.webhooks.ports import DeliveryQueue, Sender, WebhookStore
from gas.webhooks.signing import signed_headers

log = get_logger()

LONGEST_DELAY = 900
"""A queue hides a message no longer; a longer pause is several."""
LOGGED_CHARS = 4096
"""So much of an answer is kept."""
_LOGGED_HEADERS = ("content-type", "content-length", "date", "location", "retry-after", "server")
_HEADER_CHARS = 200


class Deliver:
    """The use case behind `WebhookDue`."""

    def __init__(
        self,
        *,
        store: WebhookStore,
        queue: DeliveryQueue,
        sender: Sender,
        notices: Topic,
        clock: Clock,
    ) -> None:
        self._store = store
        self._queue = queue
        self._sender = sender
        self._notices = notices
        self._clock = clock

    def __call__(self, asked: WebhookDue) -> None:
        """Make the try that is asked for, unless it is too early, done, or not wanted any more."""
        delivery = self._store.delivery(asked.user_id, asked.endpoint_id, asked.delivery_id)
        endpoint = self._store.endpoint(asked.user_id, asked.endpoint_id)
        if delivery is None or endpoint is None or delivery.round != asked.round:
            return
        with bound(user_id=asked.user_id, webhook_id=asked.delivery_id):
            self._work(asked, delivery, endpoint)

    def _work(self, asked: WebhookDue, delivery: Delivery, endpoint: Endpoint) -> None:
        if delivery.tries > asked.attempt:
            return
        if delivery.tries < asked.attempt:
            if delivery.state is not DeliveryState.PENDING:
                return
            if not (endpoint.enabled or delivery.event is EventType.PING):
                self._drop(delivery)
                return
            early = delivery.next_at - self._clock.now()
            if early > 0:
                self._queue.send(asked, delay=min(early, LONGEST_DELAY))
                return
            recorded = self._store.replace_delivery(
                after_attempt(delivery, self._attempt(endpoint, delivery))
            )
            if recorded is None:
                return  # another copy of the message was quicker
            delivery = recorded
        self._follow_up(delivery, endpoint)

    def _attempt(self, endpoint: Endpoint, delivery: Delivery) -> Attempt:
        body, now = delivery.body.encode(), self._clock.now()
        headers = {
            "content-type": "application/json",
            "user-agent": "GAS-Webhooks/1.0",
            **signed_headers(delivery.delivery_id, body, keys=endpoint.secrets_at(now), now=now),
        }
        began = time.monotonic()
        reply = self._sender.post(endpoint.url, headers, body)
        attempt = Attempt(
            at=now,
            url=endpoint.url,
            milliseconds=round((time.monotonic() - began) * 1000),
            headers=headers,
            status=reply.status,
            answer_headers={
                name: reply.headers[name][:_HEADER_CHARS]
                for name in _LOGGED_HEADERS
                if name in reply.headers
            },
            answer=reply.body[:LOGGED_CHARS],
            error=reply.error,
        )
        log.info("webhook_tried", status=attempt.status, milliseconds=attempt.milliseconds)
        return attempt

    def _follow_up(self, delivery: Delivery, endpoint: Endpoint) -> None:
        if delivery.event is EventType.PING:
            return
        last = delivery.attempts[-1]
        if last.succeeded:
            if 0 < endpoint.failing_since <= last.at:
                seen = {"failing_since": endpoint.failing_since}
                self._store.change_endpoint(endpoint, {"failing_since": 0}, expect=seen)
            return
        endpoint = self._note_failure(endpoint, last)
        if delivery.state is not DeliveryState.PENDING:
            return
        if endpoint.enabled:
            delay = delivery.next_at - self._clock.now()
            self._queue.send(due(delivery), delay=min(max(delay, 0), LONGEST_DELAY))
        else:
            self._drop(delivery)

    def _note_failure(self, endpoint: Endpoint, last: Attempt) -> Endpoint:
        """The endpoint, which fails, and may have been switched off for it."""
        if not endpoint.failing_since:
            changed = self._store.change_endpoint(
                endpoint, {"failing_since": last.at}, expect={"failing_since": 0}
            )
            endpoint = changed or endpoint
        if not endpoint.enabled:
            if endpoint.mail_due:
                self._tell(endpoint)
            return endpoint
        if last.status == HTTPStatus.GONE:
            return self._switch_off(endpoint, Disabled.GONE)
        since = endpoint.failing_since or last.at
        if self._clock.now() - since >= FAILING_SECONDS:
            return self._switch_off(endpoint, Disabled.FAILING)
        return endpoint

    def _switch_off(self, endpoint: Endpoint, why: Disabled) -> Endpoint:
        """Stop, and tell the owner, once: of several that notice it, one wins the change."""
        off = {"enabled": False, "disabled_because": why, "mail_due": True}
        changed = self._store.change_endpoint(endpoint, off, expect={"enabled": True})
        if changed is not None:
            log.info("webhook_disabled", endpoint_id=endpoint.endpoint_id, why=why)
            self._tell(changed)
        return endpoint.model_copy(update=off)

    def _tell(self, endpoint: Endpoint) -> None:
        """Have the mail sent; after a crash, the message comes back and finds it still due."""
        notice = AccountNotice(
            notice_id=f"{endpoint.endpoint_id}:{endpoint.failing_since}:disabled",
            user_id=endpoint.user_id,
            email=endpoint.email,
            kind="webhook_disabled",
        )
        self._notices.publish(notice.to_json(), attributes={"type": notice.type})
        self._store.change_endpoint(endpoint, {"mail_due": False})

    def _drop(self, delivery: Delivery) -> None:
        self._store.replace_delivery(delivery.model_copy(update={"state": DeliveryState.DROPPED}))
