"""What the plan page shows, gathered. Stripe's absence costs the page a paragraph, no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gas.billing.desk import Billing
from gas.billing.errors import PaymentRefused
from gas.billing.ports import Invoice, Standing
from gas.billing.rounds import look_after
from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from web.billing.words import Situation, money, price_text, situation_of
from web.present import iso

log = get_logger()

MAX_INVOICES = 24
"""As many as the page lists; the rest is in Stripe's portal."""


@dataclass(frozen=True)
class PlanPage:
    """The plan page."""

    situation: Situation
    sold: bool
    """Whether Premium can be bought here."""
    price: str | None
    """What it costs; None when that cannot be found out just now."""
    invoices: Sequence[Invoice] | None
    """None when they cannot be read just now."""


def gather(billing: Billing, user_id: str) -> PlanPage:
    """Everything on the plan page.

    Raises:
        NotFound: there is no such account.
        ServiceUnavailable: the accounts database cannot be reached.
    """
    look_after(billing, user_id)
    standing = billing.require_standing(user_id)
    return PlanPage(
        situation=situation_of(standing),
        sold=billing.sells,
        price=_price(billing),
        invoices=_invoices(billing, standing),
    )


def document(page: PlanPage) -> dict[str, Any]:
    """The plan page as JSON. Times that do not apply, and what cannot be read, are null."""
    situation = page.situation
    return {
        "code": 200,
        "status": "success",
        "plan": situation.plan.value,
        "payment_state": situation.state.value,
        "renews_at": _time(situation.renews_at),
        "ends_at": _time(situation.ends_at),
        "pay_until": _time(situation.pay_until),
        "premium_for_sale": page.sold,
        "premium_price": page.price,
        "invoices": None if page.invoices is None else [_invoice(one) for one in page.invoices],
    }


def _price(billing: Billing) -> str | None:
    if billing.terminal is None:
        return None
    try:
        return price_text(billing.terminal.offer)
    except (ServiceUnavailable, PaymentRefused) as error:
        log.warning("price_unknown", reason=error.message)
        return None


def _invoices(billing: Billing, standing: Standing) -> Sequence[Invoice] | None:
    customer_id = standing.record.customer_id
    if billing.terminal is None or customer_id is None:
        return []
    try:
        return billing.terminal.payments.invoices_of(customer_id, limit=MAX_INVOICES)
    except (ServiceUnavailable, PaymentRefused) as error:
        log.warning("invoices_unknown", reason=error.message)
        return None


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "date": iso(invoice.created),
        "amount": money(invoice.total, invoice.currency),
        "invoice_status": invoice.status,
        "url": invoice.page_url or None,
        "pdf": invoice.pdf_url or None,
    }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else iso(seconds)
