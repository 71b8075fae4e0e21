"""What billing needs of the world: a payment service, and a place for what it was told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from gas.plans import Plan


@dataclass(frozen=True)
class Subscription:
    """A subscription as the payment service tells it. Times are seconds since 1970 UTC."""

    subscription_id: str
    status: str
    """Stripe's own word; `gas.billing.rules` says what each one gives."""
    created: int
    price: str = ""
    current_period_start: int | None = None
    current_period_end: int | None = None
    ends_at: int | None = None
    """It was cancelled and ends then. None: it renews itself."""


@dataclass(frozen=True)
class Invoice:
    """One invoice. Amounts are in the currency's smallest unit, as Stripe gives them."""

    number: str
    created: int
    status: str
    currency: str
    total: int
    page_url: str = ""
    pdf_url: str = ""


@dataclass(frozen=True)
class Price:
    """What Premium costs: `amount` in the smallest unit of `currency` every `interval`."""

    amount: int
    currency: str
    interval: str


@dataclass(frozen=True)
class Checkout:
    """A page on which one customer pays; `url` only while it is open."""

    checkout_id: str
    status: str
    """`open`, `complete` or `expired`."""
    url: str = ""
    subscription_id: str = ""


@dataclass(frozen=True)
class PaymentEvent:
    """A verified message of the payment service: a hint to look again, no more."""

    event_id: str
    kind: str
    created: int
    live: bool
    """Whether real money is meant."""
    customer_id: str = ""


class Payments(Protocol):
    """The payment service.

    Every method raises `ServiceUnavailable` when it cannot be reached, and `PaymentRefused` when
    it does not do what is asked. The same `key` makes the same thing once, however often asked.
    """

    @property
    def live(self) -> bool:
        """Whether real money is meant."""

    def create_customer(self, *, user_id: str, name: str, email: str, key: str) -> str:
        """A new customer; its id."""

    def create_checkout(
        self,
        customer_id: str,
        *,
        price: str,
        user_id: str,
        success_url: str,
        cancel_url: str,
        key: str,
    ) -> Checkout:
        """A page on which the customer subscribes to `price`.

        Raises:
            CustomerGone: there is no such customer (any more).
        """

    def checkout(self, checkout_id: str) -> Checkout | None:
        """The page made before, or None."""

    def portal_url(self, customer_id: str, *, return_url: str) -> str:
        """Where the customer changes the card, cancels, and reads invoices; for one visit.

        Raises:
            CustomerGone: there is no such customer (any more).
        """

    def subscriptions_of(self, customer_id: str) -> Sequence[Subscription]:
        """All of the customer's subscriptions, ended ones too; none for a deleted customer."""

    def invoices_of(self, customer_id: str, *, limit: int) -> Sequence[Invoice]:
        """The customer's newest invoices, newest first, without drafts."""

    def price(self, price_id: str) -> Price:
        """What `price_id` costs."""

    def delete_customer(self, customer_id: str) -> None:
        """Forget the customer and end all subscriptions now; no error when it is gone already."""

    def verify(self, body: bytes, signature: str) -> PaymentEvent:
        """The event in the raw body of a callback.

        Raises:
            InvalidSignature: it is not the payment service's own, or too old.
        """


@dataclass(frozen=True)
class SubscriptionRecord:
    """What we keep of an account's subscription: one row, whatever the customer did."""

    customer_id: str | None = None
    checkout_id: str | None = None
    subscription_id: str | None = None
    status: str | None = None
    price: str | None = None
    current_period_end: int | None = None
    ends_at: int | None = None
    """It was cancelled, and runs only to the end of what is paid."""
    past_due_since: int | None = None
    """The first failed payment of the present failure."""
    grace_until: int | None = None
    plan: Plan = Plan.FREE
    """What the subscription gave when it was last looked at."""
    revision: int = 0
    """Counts the changes, so that nobody overwrites what they have not seen."""


@dataclass(frozen=True)
class Standing:
    """An account and its subscription at one moment."""

    user_id: str
    name: str
    email: str
    plan: Plan
    created_at: int
    record: SubscriptionRecord = field(default_factory=SubscriptionRecord)


class TopicName(StrEnum):
    """The topics that billing tells things to."""

    THAW_REQUESTS = "thaw_requests"
    ARCHIVE_REQUESTS = "archive_requests"
    JOB_RESULTS = "job_results"


@dataclass(frozen=True)
class Announcement:
    """A message for other services."""

    topic: TopicName
    body: str


@dataclass(frozen=True)
class OutboxRow:
    """An announcement that was decided and is not published yet."""

    row_id: int
    topic: TopicName
    body: str


@dataclass(frozen=True)
class Change:
    """What follows from something new about a subscription; committed whole or not at all."""

    plan: Plan
    record: SubscriptionRecord
    announcements: Sequence[Announcement] = ()


class Committed(StrEnum):
    """What became of a `Change`."""

    DONE = "done"
    STALE = "stale"
    """Somebody changed the account in between: read again."""
    REPEATED = "repeated"
    """The event was handled before."""


class BillingStore(Protocol):
    """The accounts database, as far as billing needs it. Raises `ServiceUnavailable`."""

    def standing(self, user_id: str) -> Standing | None:
        """The account and its subscription, of one moment."""

    def user_of(self, customer_id: str) -> str | None:
        """Whose customer this is."""

    def users_with_email(self, email: str) -> Sequence[str]:
        """The accounts with this mail address, in whatever case it is written."""

    def was_handled(self, event_id: str) -> bool:
        """Whether the event was committed before."""

    def keep_customer(self, user_id: str, customer_id: str, *, instead_of: str | None) -> str:
        """Record the account's customer unless another came first; the one that is recorded.

        `instead_of` is the customer it replaces. A replaced one takes its checkout with it.
        """

    def keep_checkout(self, user_id: str, checkout_id: str) -> None:
        """Record the page on which the account is about to pay."""

    def commit(
        self,
        user_id: str,
        change: Change,
        *,
        revision: int,
        at: int,
        event: PaymentEvent | None = None,
    ) -> Committed:
        """Plan, record, event and outbox in one transaction, with the account's row locked.

        STALE, and nothing written, unless the record still has `revision`. Customer and checkout
        are not written: `keep_customer` and `keep_checkout` do that.
        """

    def lapsed(self, *, now: int, limit: int) -> Sequence[str]:
        """Accounts whose subscription gave Premium for a grace period that is over."""

    def silent(self, *, ended_before: int, seen_before: int, limit: int) -> Sequence[str]:
        """Accounts whose subscription gave Premium until `ended_before` or earlier, by what was
        heard last, and whose record was last written before `seen_before`."""

    def take_unpublished(
        self, *, user_id: str | None, now: int, hold_seconds: int, limit: int
    ) -> Sequence[OutboxRow]:
        """What waits to be published, oldest first, of one account or of all.

        Nobody else gets these for `hold_seconds`.
        """

    def put_back(self, row_ids: Collection[int]) -> None:
        """Publishing failed: let these be taken again at once."""

    def mark_published(self, row_ids: Collection[int], *, at: int) -> None:
        """Note that these were accepted by their topics."""

    def forget_old(self, *, before: int) -> None:
        """Delete events and published announcements from before this time."""
