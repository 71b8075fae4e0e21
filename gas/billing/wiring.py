"""Puts billing together from the settings of the web app."""

from sqlalchemy import Engine

from gas.aws.clients import AwsClients
from gas.aws.messaging import SnsTopic
from gas.billing.desk import Billing, Terminal
from gas.billing.ports import TopicName
from gas.billing.store import PostgresBillingStore
from gas.billing.stripe_payments import StripePayments
from gas.ports import Clock
from gas.settings import WebSettings


def build_billing(
    settings: WebSettings, clients: AwsClients, database: Engine, clock: Clock
) -> Billing:
    """Billing with Stripe if there is a key, and without if there is none."""
    sns = clients.sns()
    return Billing(
        store=PostgresBillingStore(database),
        topics={
            TopicName.THAW_REQUESTS: SnsTopic(sns, settings.thaw_requests_topic),
            TopicName.ARCHIVE_REQUESTS: SnsTopic(sns, settings.archive_requests_topic),
            TopicName.JOB_RESULTS: SnsTopic(sns, settings.job_results_topic),
        },
        clock=clock,
        terminal=_terminal(settings),
        grace_days=settings.grace_days,
    )


def _terminal(settings: WebSettings) -> Terminal | None:
    secret_key = settings.stripe_secret_key.get_secret_value()
    if not secret_key:
        return None
    payments = StripePayments(
        secret_key=secret_key,
        webhook_secret=settings.stripe_webhook_secret.get_secret_value(),
        api_base=settings.stripe_api_base,
    )
    return Terminal(payments=payments, price=settings.stripe_price)
