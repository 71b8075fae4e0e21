"""What the use cases of billing work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gas.billing.errors import NoPaidPlan
from gas.billing.ports import BillingStore, Payments, Price, Standing, TopicName
from gas.errors import NotFound
from gas.ports import Clock, Topic

DAY = 24 * 3600


@dataclass(frozen=True)
class Terminal:
    """The payment service, and what is sold there."""

    payments: Payments
    price: str
    """Id of the price of Premium."""

    @cached_property
    def offer(self) -> Price:
        """The price of Premium, asked for once: Stripe never changes the amount of a price.

        Raises:
            ServiceUnavailable, PaymentRefused: the payment service cannot tell; ask again.
        """
        return self.payments.price(self.price)


@dataclass(frozen=True)
class Billing:
    """Everything that billing needs; `terminal` is None where nothing is sold."""

    store: BillingStore
    topics: Mapping[TopicName, Topic]
    clock: Clock
    terminal: Terminal | None = None
    grace_days: int = 7

    @property
    def sells(self) -> bool:
        """Whether Premium can be bought here."""
        return self.terminal is not None

    def require_terminal(self) -> Terminal:
        """The payment service.

        Raises:
            NoPaidPlan: there is none.
        """
        if self.terminal is None:
            raise NoPaidPlan(
                "This installation has no paid plan.",
                remedy="Whoever runs it can give you the Premium plan.",
            )
        return self.terminal

    def require_standing(self, user_id: str) -> Standing:
        """The account with its subscription.

        Raises:
            NotFound: there is no such account.
        """
        standing = self.store.standing(user_id)
        if standing is None:
            raise NotFound("There is no such account.")
        return standing
