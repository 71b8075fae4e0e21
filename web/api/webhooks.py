"""Webhooks: endpoints of the user's own systems, and what was sent to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Self
from uuid import UUID

from pydantic import Field

from gas.outbound.addresses import LONGEST_URL
from gas.scopes import Scope
from gas.webhooks.desk import LONGEST_DESCRIPTION, Owner, Wishes
from gas.webhooks.models import (
    Attempt,
    Delivery,
    DeliveryState,
    Disabled,
    Endpoint,
    EventType,
    Format,
)
from web.api.api import PREFIX, api
from web.api.models import moment, sure
from web.api.operations import Answer, ApiModel
from web.auth.session import require_account
from web.context import services

TAG = "webhooks"
SCOPE = Scope.WEBHOOKS_WRITE
MOST = 100


class EndpointWishes(ApiModel):
    """What is sent where."""

    url: str = Field(min_length=1, max_length=LONGEST_URL)
    """A public `https` address, port 443 or above 1023. Redirects are not followed."""
    events: list[EventType] = Field(min_length=1, max_length=8)
    """`ping` cannot be chosen; it is sent by `POST …/ping`."""
    description: str = Field(default="", max_length=LONGEST_DESCRIPTION)
    format: Format = Format.STANDARD
    """`standard`: by the Standard Webhooks specification; `slack`: `{"text": …}`."""
    enabled: bool = True

    def wishes(self) -> Wishes:
        return Wishes(**{name: getattr(self, name) for name in type(self).model_fields})


class EndpointDocument(ApiModel):
    """An endpoint."""

    endpoint_id: UUID
    url: str
    events: Sequence[EventType]
    description: str
    format: Format
    enabled: bool
    disabled_because: Disabled | None
    """Why the service switched it off: `failing` for a whole day, or `gone` (it answered 410)."""
    created_at: datetime
    failing_since: datetime | None
    """The first failure since the last success."""
    old_secret_until: datetime | None
    """After a rotation: until then messages are signed with the old secret too."""

    @classmethod
    def of(cls, endpoint: Endpoint, **more: str) -> Self:
        return cls(
            endpoint_id=UUID(endpoint.endpoint_id),
            url=endpoint.url,
            events=endpoint.events,
            description=endpoint.description,
            format=endpoint.format,
            enabled=endpoint.enabled,
            disabled_because=endpoint.disabled_because,
            created_at=sure(endpoint.created_at),
            failing_since=moment(endpoint.failing_since or None),
            old_secret_until=moment(endpoint.old_secret_until or None),
            **more,
        )


class EndpointWithSecret(EndpointDocument):
    """An endpoint with the secret that its messages are signed with: shown this once."""

    secret: str
    """`whsec_…`, as the libraries of Standard Webhooks take it."""


class EndpointList(ApiModel):
    """The endpoints of the account, the oldest first."""

    endpoints: Sequence[EndpointDocument]


class AttemptInfo(ApiModel):
    """One try, and what came back."""

    at: datetime
    url: str
    milliseconds: int
    request_headers: Mapping[str, str]
    status: int | None
    """null: there was no answer, and `error` says why."""
    response_headers: Mapping[str, str]
    response: str
    """The beginning of the answer."""
    error: str

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(
            at=sure(attempt.at),
            url=attempt.url,
            milliseconds=attempt.milliseconds,
            request_headers=attempt.headers,
            status=attempt.status or None,
            response_headers=attempt.answer_headers,
            response=attempt.answer,
            error=attempt.error,
        )


class DeliveryDocument(ApiModel):
    """An event for one endpoint, and how its delivery went."""

    delivery_id: str
    """The `webhook-id`, the same for every try and every replay."""
    event: EventType
    created_at: datetime
    state: DeliveryState
    next_at: datetime | None
    """When it is tried again."""
    body: str
    attempts: Sequence[AttemptInfo]
    """The oldest first."""

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            delivery_id=delivery.delivery_id,
            event=delivery.event,
            created_at=sure(delivery.created_at),
            state=delivery.state,
            next_at=(sure(delivery.next_at) if delivery.state is DeliveryState.PENDING else None),
            body=delivery.body,
            attempts=[AttemptInfo.of(each) for each in delivery.attempts],
        )


class DeliveryList(ApiModel):
    """One page of the log, the newest first; it goes back seven days."""

    deliveries: Sequence[DeliveryDocument]
    next_cursor: str | None
    """Give it as `cursor` to get the following page; null: this was the last."""


class LogQuery(ApiModel):
    """Which page of the log."""

    limit: int = Field(default=20, ge=1, le=MOST)
    cursor: str | None = Field(default=None, max_length=64)
    """`next_cursor` of the page before."""


@api.operation(
    "POST",
    "/webhooks",
    tag=TAG,
    scope=SCOPE,
    body=EndpointWishes,
    answer=EndpointWithSecret,
    status=HTTPStatus.CREATED,
)
def create_webhook(body: EndpointWishes) -> Answer:
    """Have an address told when something happens. The answer has its secret, this once.

    Up to ten endpoints. What is sent is described in the documentation of webhooks.
    """
    made = services().webhooks.create(_owner(), body.wishes())
    return Answer(
        EndpointWithSecret.of(made, secret=made.secret),
        headers={"Location": f"{PREFIX}/webhooks/{made.endpoint_id}"},
    )


@api.operation("GET", "/webhooks", tag=TAG, scope=SCOPE, answer=EndpointList)
def list_webhooks() -> EndpointList:
    """Your endpoints."""
    found = services().webhooks.list(require_account().user_id)
    return EndpointList(endpoints=[EndpointDocument.of(each) for each in found])


@api.operation(
    "GET",
    "/webhooks/<uuid:endpoint_id>",
    tag=TAG,
    scope=SCOPE,
    answer=EndpointDocument,
    errors=(HTTPStatus.NOT_FOUND,),
)
def get_webhook(endpoint_id: UUID) -> EndpointDocument:
    """One endpoint."""
    found = services().webhooks.get(require_account().user_id, str(endpoint_id))
    return EndpointDocument.of(found)


@api.operation(
    "PUT",
    "/webhooks/<uuid:endpoint_id>",
    tag=TAG,
    scope=SCOPE,
    body=EndpointWishes,
    answer=EndpointDocument,
    errors=(HTTPStatus.NOT_FOUND,),
)
def replace_webhook(endpoint_id: UUID, body: EndpointWishes) -> EndpointDocument:
    """Change an endpoint; what is left out goes back to its default. The secret stays."""
    changed = services().webhooks.change(_owner(), str(endpoint_id), body.wishes())
    return EndpointDocument.of(changed)


@api.operation(
    "DELETE",
    "/webhooks/<uuid:endpoint_id>",
    tag=TAG,
    scope=SCOPE,
    status=HTTPStatus.NO_CONTENT,
    errors=(HTTPStatus.NOT_FOUND,),
)
def delete_webhook(endpoint_id: UUID) -> None:
    """Forget an endpoint and its log."""
    services().webhooks.delete(require_account().user_id, str(endpoint_id))


@api.operation(
    "POST",
    "/webhooks/<uuid:endpoint_id>/rotate-secret",
    tag=TAG,
    scope=SCOPE,
    answer=EndpointWithSecret,
    errors=(HTTPStatus.NOT_FOUND,),
)
def rotate_webhook_secret(endpoint_id: UUID) -> EndpointWithSecret:
    """Get a new secret. For a day messages are signed with the old one too."""
    changed = services().webhooks.rotate_secret(require_account().user_id, str(endpoint_id))
    return EndpointWithSecret.of(changed, secret=changed.secret)


@api.operation(
    "POST",
    "/webhooks/<uuid:endpoint_id>/ping",
    tag=TAG,
    scope=SCOPE,
    answer=DeliveryDocument,
    status=HTTPStatus.ACCEPTED,
    errors=(HTTPStatus.NOT_FOUND,),
)
def ping_webhook(endpoint_id: UUID) -> DeliveryDocument:
    """Send a test, once. How it went is in the log a moment later."""
    sent = services().webhooks.ping(require_account().user_id, str(endpoint_id))
    return DeliveryDocument.of(sent)


@api.operation(
    "GET",
    "/webhooks/<uuid:endpoint_id>/deliveries",
    tag=TAG,
    scope=SCOPE,
    query=LogQuery,
    answer=DeliveryList,
    errors=(HTTPStatus.NOT_FOUND,),
)
def list_webhook_deliveries(endpoint_id: UUID, query: LogQuery) -> DeliveryList:
    """What was sent to an endpoint, and what it answered."""
    page = services().webhooks.deliveries(
        require_account().user_id, str(endpoint_id), limit=query.limit, cursor=query.cursor
    )
    return DeliveryList(
        deliveries=[DeliveryDocument.of(each) for each in page.deliveries],
        next_cursor=page.next_cursor,
    )


@api.operation(
    "POST",
    "/webhooks/<uuid:endpoint_id>/deliveries/<delivery_id>/replay",
    tag=TAG,
    scope=SCOPE,
    answer=DeliveryDocument,
    status=HTTPStatus.ACCEPTED,
    errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def replay_webhook_delivery(endpoint_id: UUID, delivery_id: str) -> DeliveryDocument:
    """Deliver an event once more, under the same `webhook-id`."""
    again = services().webhooks.replay(require_account().user_id, str(endpoint_id), delivery_id)
    return DeliveryDocument.of(again)


def _owner() -> Owner:
    account = require_account()
    return Owner(account.user_id, account.email)
