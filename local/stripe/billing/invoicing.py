"""Making invoices: what a period costs, a draft, its final form."""

from __future__ import annotations

from local.stripe.billing.payments import collect
from local.stripe.billing.periods import HOUR
from local.stripe.ids import new_id
from local.stripe.shapes import invoices
from local.stripe.store import Json, Record
from local.stripe.work import Work


def draft(work: Work, subscription: Record, reason: str) -> Record:
    """A draft for the current period of a subscription, announced; free during a trial."""
    customer = work.need("customer", subscription.body["customer"])
    now = work.now(subscription)
    on_trial = (subscription.body["trial_end"] or 0) > now
    lines = [_line(work, item, on_trial) for item in subscription.body["items"]["data"]]
    body = invoices.invoice(subscription.body, customer.body, reason, lines, now)
    if reason == "subscription_cycle":
        body["automatically_finalizes_at"] = now + HOUR
    # The address is the key to the page; only a finished invoice tells it.
    invoice = Record("invoice", body, {"token": new_id("", 40)})
    work.add(invoice, "invoice.created")
    subscription.body["latest_invoice"] = invoice.id
    return invoice


def finalize(work: Work, invoice: Record) -> None:
    """Give a draft its number and its page."""
    now = work.now(invoice)
    customer = work.need("customer", invoice.body["customer"])
    sequence = customer.hidden["sequence"] = customer.hidden.get("sequence", 0) + 1
    if not customer.body.get("deleted"):
        customer.body["next_invoice_sequence"] = sequence + 1
    work.save(customer)
    page = f"{work.base_url}/i/{invoice.hidden['token']}"
    prefix = customer.body.get("invoice_prefix", "DELETED")
    invoice.body.update(
        automatically_finalizes_at=None,
        effective_at=now,
        ending_balance=0,
        hosted_invoice_url=page,
        invoice_pdf=f"{page}/pdf",
        number=f"{prefix}-{sequence:04d}",
        status="open",
    )
    invoice.body["status_transitions"]["finalized_at"] = now
    work.save(invoice, "invoice.finalized")


def finalize_and_collect(work: Work, invoice: Record, subscription: Record) -> None:
    """What happens to a renewal's draft after its hour, unless collection is paused."""
    pause = (subscription.body["pause_collection"] or {}).get("behavior")
    if pause == "keep_as_draft":
        invoice.body.update(auto_advance=False, automatically_finalizes_at=None)
        work.save(invoice, "invoice.updated")
        return
    finalize(work, invoice)
    if pause is None:
        collect(work, invoice)
    else:
        void(work, invoice, uncollectible=pause == "mark_uncollectible")


def void(work: Work, invoice: Record, *, uncollectible: bool = False) -> None:
    """Give an open invoice up."""
    status = "uncollectible" if uncollectible else "void"
    invoice.body.update(status=status, auto_advance=False, next_payment_attempt=None)
    moment = "marked_uncollectible_at" if uncollectible else "voided_at"
    invoice.body["status_transitions"][moment] = work.now(invoice)
    event = "invoice.marked_uncollectible" if uncollectible else "invoice.voided"
    work.save(invoice, "invoice.updated", event)


def _line(work: Work, item: Json, on_trial: bool) -> Json:
    product = work.need("product", item["price"]["product"])
    amount = 0 if on_trial else item["price"]["unit_amount"] * item["quantity"]
    name = product.body["name"]
    money = f"{item['price']['unit_amount'] / 100:.2f} {item['price']['currency'].upper()}"
    interval = item["price"]["recurring"]["interval"]
    description = (
        f"Trial period for {name}"
        if on_trial
        else f"{item['quantity']} × {name} ({money} / {interval})"
    )
    start, end = item["current_period_start"], item["current_period_end"]
    return invoices.line(item, start, end, description, amount)
