"""`gas.billing.ports.Payments` on Stripe's own SDK: the only place that knows it.

Objects of the SDK are read by attribute; what Stripe may leave out is read with a default. Which
version of the API answers is fixed by the version of the SDK.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import stripe

from gas.billing.errors import CustomerGone, PaymentRefused
from gas.billing.ports import Checkout, Invoice, PaymentEvent, Price, Subscription
from gas.errors import InvalidSignature, ServiceUnavailable
from gas.logs import get_logger

log = get_logger()

# Somebody waits in front of the browser, and Stripe waits for the answer to its callback.
_TIMEOUT_SECONDS = 10
_RETRIES = 2
_TOLERANCE_SECONDS = 300
"""A callback's signature may be this old (Stripe's own default); each repetition is signed anew."""
_GONE = "resource_missing"
_MOST = 100


class StripePayments:
    """Stripe, with one client for all threads.

    `api_base` is the address of another Stripe; empty: Stripe itself.
    """

    def __init__(self, *, secret_key: str, webhook_secret: str, api_base: str = "") -> None:
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base.rstrip("/")} if api_base else None,
            max_network_retries=_RETRIES,
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
        )
        self._webhook_secret = webhook_secret
        # Keys are sk_… (all rights) or rk_… (some), then the mode.
        self._live = secret_key.split("_")[1:2] == ["live"]

    @property
    def live(self) -> bool:
        return self._live

    def create_customer(self, *, user_id: str, name: str, email: str, key: str) -> str:
        with _asking():
            made = self._client.v1.customers.create(
                {"name": name, "email": email, "metadata": {"user_id": user_id}},
                {"idempotency_key": key},
            )
        return made.id

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
        with _asking(gone=customer_id):
            made = self._client.v1.checkout.sessions.create(
                {
                    "mode": "subscription",
                    "customer": customer_id,
                    "client_reference_id": user_id,
                    # With a bank debit, a subscription is active for days before anybody knows
                    # whether it is paid: Premium for who types somebody's account number.
                    "allowed_payment_method_types": ["card"],
                    "line_items": [{"price": price, "quantity": 1}],
                    "subscription_data": {"metadata": {"user_id": user_id}},
                    "success_url": success_url,
                    "cancel_url": cancel_url,
                },
                {"idempotency_key": key},
            )
        return _checkout(made)

    def checkout(self, checkout_id: str) -> Checkout | None:
        try:
            with _asking(gone=checkout_id):
                return _checkout(self._client.v1.checkout.sessions.retrieve(checkout_id))
        except CustomerGone:
            return None

    def portal_url(self, customer_id: str, *, return_url: str) -> str:
        with _asking(gone=customer_id):
            made = self._client.v1.billing_portal.sessions.create(
                {"customer": customer_id, "return_url": return_url}
            )
        return made.url

    def subscriptions_of(self, customer_id: str) -> Sequence[Subscription]:
        try:
            with _asking(gone=customer_id):
                found = self._client.v1.subscriptions.list(
                    {"customer": customer_id, "status": "all", "limit": _MOST}
                )
                return [_subscription(one) for one in found.data]
        except CustomerGone:
            return []

    def invoices_of(self, customer_id: str, *, limit: int) -> Sequence[Invoice]:
        try:
            with _asking(gone=customer_id):
                found = self._client.v1.invoices.list({"customer": customer_id, "limit": limit})
        except CustomerGone:
            return []
        return [_invoice(one) for one in found.data if one.status != "draft"]

    def price(self, price_id: str) -> Price:
        with _asking():
            found = self._client.v1.prices.retrieve(price_id)
        return Price(
            amount=found.unit_amount or 0,
            currency=found.currency,
            interval=found.recurring.interval if found.recurring else "",
        )

    def delete_customer(self, customer_id: str) -> None:
        try:
            with _asking(gone=customer_id):
                self._client.v1.customers.delete(customer_id)
        except CustomerGone:
            return

    def verify(self, body: bytes, signature: str) -> PaymentEvent:
        try:
            event = self._client.construct_event(
                body, signature, self._webhook_secret, tolerance=_TOLERANCE_SECONDS
            )
            return PaymentEvent(
                event_id=event.id,
                kind=event.type,
                created=event.created,
                live=event.livemode,
                customer_id=_customer_of(event.data.object),
            )
        except stripe.SignatureVerificationError as error:
            raise InvalidSignature(f"Stripe-Signature: {error.user_message}") from error
        except (ValueError, AttributeError) as error:
            raise InvalidSignature("the body is not an event") from error


@contextmanager
def _asking(*, gone: str = "") -> Iterator[None]:
    """Turns the SDK's errors into ours. `gone` is the id that may not exist (any more)."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        if gone and error.code == _GONE:
            raise CustomerGone(f"Stripe does not know {gone}.") from error
        raise _refused(error) from error
    except stripe.IdempotencyError as error:
        raise _refused(error) from error
    except stripe.StripeError as error:
        # No connection, too many requests, a fault of Stripe's, or a key that it does not accept:
        # nothing that the user can do anything about.
        log.warning("stripe_unavailable", kind=type(error).__name__, status=error.http_status)
        raise ServiceUnavailable(
            "The payment service cannot be reached just now.", remedy="Try again in a minute."
        ) from error


def _refused(error: stripe.StripeError) -> PaymentRefused:
    log.warning("stripe_refused", kind=type(error).__name__, code=error.code, text=str(error))
    return PaymentRefused(
        "The payment service did not accept the request. Nothing was charged.",
        remedy="Try again. If it happens again, tell us the request id.",
    )


def _customer_of(thing: Any) -> str:
    """The id of the customer that an event is about; empty when it is about none."""
    if getattr(thing, "object", "") == "customer":
        return str(thing.id)
    return _id(getattr(thing, "customer", None))


def _id(reference: Any) -> str:
    """The id behind a field that is an id, the object itself, or absent."""
    return reference if isinstance(reference, str) else str(getattr(reference, "id", ""))


def _checkout(session: stripe.checkout.Session) -> Checkout:
    return Checkout(
        checkout_id=session.id,
        status=session.status or "expired",
        url=session.url or "",
        subscription_id=_id(session.subscription),
    )


def _subscription(found: stripe.Subscription) -> Subscription:
    # Since 2025 the paid period belongs to the items: the soonest end is what matters.
    items = found.items.data
    ends_at = found.cancel_at
    period_end = min((item.current_period_end for item in items), default=None)
    if ends_at is None and found.cancel_at_period_end:
        ends_at = period_end
    return Subscription(
        subscription_id=found.id,
        status=found.status,
        created=found.created,
        price=items[0].price.id if items else "",
        current_period_start=max((item.current_period_start for item in items), default=None),
        current_period_end=period_end,
        ends_at=ends_at,
    )


def _invoice(found: stripe.Invoice) -> Invoice:
    return Invoice(
        number=found.number or "",
        created=found.created,
        status=found.status or "",
        currency=found.currency,
        total=found.total,
        page_url=found.hosted_invoice_url or "",
        pdf_url=found.invoice_pdf or "",
    )
