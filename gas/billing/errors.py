"""What can go wrong with plans and payments."""

from gas.errors import GasError


class NoPaidPlan(GasError):
    """This installation takes no payments: the operator gives plans away."""

    code = "no_paid_plan"


class PaymentRefused(GasError):
    """The payment service does not do what was asked, and repeating it will not help."""

    code = "payment_refused"


class CustomerGone(GasError):
    """The payment service does not know this customer (any more)."""

    code = "customer_gone"


class NotACustomer(GasError):
    """There is nothing to manage: this account never paid."""

    code = "not_a_customer"


class AlreadyPremium(GasError):
    """The account is Premium or has a subscription already; buying another would cost twice."""

    code = "already_premium"


class PaymentPending(GasError):
    """A payment was made and waits to be confirmed; paying again would cost twice."""

    code = "payment_pending"
    retryable = True
