"""Webhooks in memory."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from gas.messages import WebhookDue
from gas.webhooks.models import Delivery, Endpoint, checked_cursor
from gas.webhooks.ports import DeliveryPage, Reply


class MemoryWebhooks:
    """`gas.webhooks.ports.WebhookStore` without a database."""

    def __init__(self) -> None:
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._deliveries: dict[tuple[str, str, str], Delivery] = {}
        self._lock = Lock()

    def create_endpoint(self, endpoint: Endpoint) -> None:
        self._endpoints[endpoint.user_id, endpoint.endpoint_id] = endpoint

    def endpoints(self, user_id: str) -> Sequence[Endpoint]:
        mine = [each for (owner, _), each in self._endpoints.items() if owner == user_id]
        return sorted(mine, key=lambda each: (each.created_at, each.endpoint_id))

    def endpoint(self, user_id: str, endpoint_id: str) -> Endpoint | None:
        return self._endpoints.get((user_id, endpoint_id))

    def change_endpoint(
        self,
        endpoint: Endpoint,
        changes: Mapping[str, Any],
        *,
        expect: Mapping[str, Any] | None = None,
    ) -> Endpoint | None:
        with self._lock:
            known = self.endpoint(endpoint.user_id, endpoint.endpoint_id)
            if known is None:
                return None
            if any(getattr(known, name) != value for name, value in (expect or {}).items()):
                return None
            changed = known.model_copy(update=dict(changes))
            self.create_endpoint(changed)
            return changed

    def delete_endpoint(self, user_id: str, endpoint_id: str) -> bool:
        for key in [key for key in self._deliveries if key[:2] == (user_id, endpoint_id)]:
            del self._deliveries[key]
        return self._endpoints.pop((user_id, endpoint_id), None) is not None

    def add_delivery(self, delivery: Delivery) -> bool:
        with self._lock:
            key = _key(delivery)
            return self._deliveries.setdefault(key, delivery) is delivery

    def delivery(self, user_id: str, endpoint_id: str, delivery_id: str) -> Delivery | None:
        return self._deliveries.get((user_id, endpoint_id, delivery_id))

    def deliveries(
        self, user_id: str, endpoint_id: str, *, limit: int, cursor: str | None = None
    ) -> DeliveryPage:
        before = checked_cursor(cursor) if cursor is not None else "~"
        mine = [
            each
            for key, each in self._deliveries.items()
            if key[:2] == (user_id, endpoint_id) and key[2] < before
        ]
        mine.sort(key=lambda each: each.delivery_id, reverse=True)
        shown = mine[:limit]
        return DeliveryPage(shown, shown[-1].delivery_id if len(mine) > limit else None)

    def replace_delivery(self, delivery: Delivery) -> Delivery | None:
        with self._lock:
            known = self._deliveries.get(_key(delivery))
            if known is None or known.version != delivery.version:
                return None
            written = delivery.model_copy(update={"version": delivery.version + 1})
            self._deliveries[_key(delivery)] = written
            return written

    def erase(self, user_id: str, *, up_to: int) -> None:
        self._endpoints = {
            key: each
            for key, each in self._endpoints.items()
            if key[0] != user_id or each.created_at > up_to
        }
        self._deliveries = {
            key: each
            for key, each in self._deliveries.items()
            if key[0] != user_id or each.created_at > up_to
        }


class MemoryDeliveryQueue:
    """`gas.webhooks.ports.DeliveryQueue` as a list of what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[WebhookDue, int]] = []
        """Messages and their delays."""

    def send(self, due: WebhookDue, *, delay: int) -> None:
        self.sent.append((due, delay))


class FakeSender:
    """`gas.webhooks.ports.Sender` that answers what the test says."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        """The next ones; after the last, 200."""
        self.posted: list[tuple[str, Mapping[str, str], bytes]] = []

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.posted.append((url, headers, body))
        return self.replies.pop(0) if self.replies else Reply(status=200, body="ok")


def _key(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.user_id, delivery.endpoint_id, delivery.delivery_id
