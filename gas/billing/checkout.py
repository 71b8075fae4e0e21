"""Buying Premium: lead the user to the payment service's own pages. Nothing here changes a plan."""

import hashlib
import json
from dataclasses import dataclass

from gas.billing import rules
from gas.billing.desk import Billing, Terminal
from gas.billing.errors import (
    AlreadyPremium,
    CustomerGone,
    NotACustomer,
    PaymentPending,
)
from gas.billing.ports import Checkout, Standing
from gas.plans import Plan

_KEY_SECONDS = 600
"""As long as a click is taken for a repetition of the one before, if the first is still under way.
Not longer, because Stripe repeats an error under the same key, too."""


@dataclass(frozen=True)
class ReturnUrls:
    """Where the payment service sends the browser back to."""

    success: str
    cancel: str


def start_checkout(billing: Billing, user_id: str, urls: ReturnUrls) -> str:
    """The address of a page on which the user pays for Premium.

    A second click gets the same page as long as it is open: the page made last is recorded, and
    two clicks at once make one page, because they send the same idempotency key.

    Raises:
        NoPaidPlan: nothing is sold here.
        AlreadyPremium: the account is Premium, or has a subscription to be put right first.
        PaymentPending: the user has paid, and the callback is still on its way.
        ServiceUnavailable, PaymentRefused: the payment service cannot, or does not.
    """
    terminal = billing.require_terminal()
    standing = billing.require_standing(user_id)
    if standing.plan is Plan.PREMIUM or rules.is_running(standing.record):
        raise AlreadyPremium(
            "You have the Premium plan already."
            if standing.plan is Plan.PREMIUM
            else "You have a subscription that is not paid.",
            remedy="Manage the subscription instead of buying another one.",
        )
    open_page = _open_checkout(terminal, standing)
    if open_page is not None:
        return open_page.url
    customer_id = _customer_of(billing, terminal, standing)
    try:
        made = _new_checkout(billing, terminal, standing, customer_id, urls)
    except CustomerGone:
        # Deleted at the payment service, or made in another mode of it: take a new one.
        customer_id = _new_customer(billing, terminal, standing, instead_of=customer_id)
        made = _new_checkout(billing, terminal, standing, customer_id, urls)
    billing.store.keep_checkout(user_id, made.checkout_id)
    return made.url


def open_portal(billing: Billing, user_id: str, *, return_url: str) -> str:
    """The address of the page on which the user manages card, subscription and invoices.

    Raises:
        NoPaidPlan: nothing is sold here.
        NotACustomer: the account never paid.
        ServiceUnavailable, PaymentRefused: the payment service cannot, or does not.
    """
    terminal = billing.require_terminal()
    customer_id = billing.require_standing(user_id).record.customer_id
    if customer_id is None:
        raise _nothing_to_manage()
    try:
        return terminal.payments.portal_url(customer_id, return_url=return_url)
    except CustomerGone as error:
        raise _nothing_to_manage() from error


def has_paid(billing: Billing, user_id: str) -> bool:
    """Whether the payment service holds a good subscription of the user, told or not.

    For the page that waits for the callback. It changes nothing.

    Raises:
        ServiceUnavailable, PaymentRefused: the payment service cannot, or does not.
    """
    customer_id = billing.require_standing(user_id).record.customer_id
    if billing.terminal is None or customer_id is None:
        return False
    found = rules.decisive(billing.terminal.payments.subscriptions_of(customer_id))
    return found is not None and rules.is_good(found.status)


def close_customer(billing: Billing, user_id: str) -> None:
    """End the subscription at once and forget the customer: the account is being deleted.

    May be repeated. Does nothing for an account that never paid.

    Raises:
        ServiceUnavailable, PaymentRefused: the payment service cannot, or does not.
    """
    standing = billing.store.standing(user_id)
    if standing is None or standing.record.customer_id is None or billing.terminal is None:
        return
    billing.terminal.payments.delete_customer(standing.record.customer_id)


def _open_checkout(terminal: Terminal, standing: Standing) -> Checkout | None:
    """The page made before, while it can still be paid on.

    Raises:
        PaymentPending: it was paid on, and we were not told yet.
    """
    record = standing.record
    if record.checkout_id is None:
        return None
    known = terminal.payments.checkout(record.checkout_id)
    if known is None or known.status == "expired":
        return None
    if known.status == "complete":
        if known.subscription_id == record.subscription_id:
            return None  # that subscription has ended since
        raise PaymentPending(
            "Your payment was received and is being confirmed.",
            remedy="Wait a moment; the page shows when Premium begins.",
        )
    return known if known.url else None


def _customer_of(billing: Billing, terminal: Terminal, standing: Standing) -> str:
    known = standing.record.customer_id
    return known or _new_customer(billing, terminal, standing, instead_of=None)


def _new_customer(
    billing: Billing, terminal: Terminal, standing: Standing, *, instead_of: str | None
) -> str:
    made = terminal.payments.create_customer(
        user_id=standing.user_id,
        name=standing.name,
        email=standing.email,
        # The age of the account, because one that was erased may come back under the same id.
        key=_key(
            "customer",
            standing.user_id,
            standing.created_at,
            standing.name,
            standing.email,
            instead_of,
            billing.clock.now() // _KEY_SECONDS,
        ),
    )
    return billing.store.keep_customer(standing.user_id, made, instead_of=instead_of)


def _new_checkout(
    billing: Billing, terminal: Terminal, standing: Standing, customer_id: str, urls: ReturnUrls
) -> Checkout:
    return terminal.payments.create_checkout(
        customer_id,
        price=terminal.price,
        user_id=standing.user_id,
        success_url=urls.success,
        cancel_url=urls.cancel,
        key=_key(
            "checkout",
            customer_id,
            terminal.price,
            urls.success,
            urls.cancel,
            standing.record.checkout_id,
            standing.record.revision,
            billing.clock.now() // _KEY_SECONDS,
        ),
    )


def _key(kind: str, *what: object) -> str:
    """An idempotency key: the same for the same wish, and another for any other."""
    digest = hashlib.sha256(json.dumps([kind, *what]).encode()).hexdigest()
    return f"gas-{kind}-{digest[:40]}"


def _nothing_to_manage() -> NotACustomer:
    return NotACustomer(
        "There is no subscription to manage.", remedy="The plan page shows how to get Premium."
    )
