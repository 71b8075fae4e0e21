"""The plan page, the way to Stripe, and the page that people come back to."""

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from gas.billing import checkout
from gas.billing.checkout import ReturnUrls
from gas.billing.errors import AlreadyPremium, PaymentPending, PaymentRefused
from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.plans import PLAN_TERMS, Plan
from web.auth.session import protect, require_account
from web.billing import pages
from web.billing.words import INVOICE_WORDS, situation_of
from web.context import services
from web.negotiation import wants_json
from web.security import origin_of

log = get_logger()

blueprint = protect(Blueprint("billing", __name__))


@blueprint.get("/billing")
def page() -> str | Response:
    """Plan, renewal, payment state, invoices; as JSON too (`pages.document`)."""
    found = pages.gather(services().billing, require_account().user_id)
    if wants_json():
        return jsonify(pages.document(found))
    return render_template(
        "billing/page.html",
        page=found,
        situation=found.situation,
        free=PLAN_TERMS[Plan.FREE],
        premium=PLAN_TERMS[Plan.PREMIUM],
        invoice_words=INVOICE_WORDS,
    )


@blueprint.get("/subscribe")
def subscribe() -> BaseResponse:
    """An address that other tools know → the plan page."""
    return redirect(url_for("billing.page"), code=302)


@blueprint.post("/billing/checkout")
def start() -> tuple[Response, int] | BaseResponse:
    """Buy Premium: 303 to Stripe's Checkout; JSON: 201 {url}.

    Whoever has a subscription is led to the portal instead, and whoever has just paid to the page
    that waits for the confirmation: nobody pays twice.
    """
    billing, user_id = services().billing, require_account().user_id
    urls = ReturnUrls(
        success=_absolute("billing.back") + "?session_id={CHECKOUT_SESSION_ID}",
        cancel=_absolute("billing.page"),
    )
    try:
        return _leave(checkout.start_checkout(billing, user_id, urls))
    except AlreadyPremium:
        if billing.require_standing(user_id).record.subscription_id is None:
            raise
        return manage()
    except PaymentPending:
        if wants_json():
            raise
        return redirect(url_for("billing.back"), code=303)


@blueprint.post("/billing/portal")
def manage() -> tuple[Response, int] | BaseResponse:
    """Manage the subscription: 303 to Stripe's portal; JSON: 201 {url}."""
    return _leave(
        checkout.open_portal(
            services().billing, require_account().user_id, return_url=_absolute("billing.page")
        )
    )


@blueprint.get("/billing/return")
def back() -> str:
    """Where Stripe sends people who have paid. It shows how far the confirmation is, and gives
    nothing: the plan changes by Stripe's callback only."""
    billing, user_id = services().billing, require_account().user_id
    situation = situation_of(billing.require_standing(user_id))
    paid = situation.plan is Plan.PREMIUM
    if not paid:
        try:
            paid = checkout.has_paid(billing, user_id)
        except (ServiceUnavailable, PaymentRefused) as error:
            log.warning("payment_unknown", reason=error.message)
    return render_template("billing/return.html", situation=situation, paid=paid)


def _leave(url: str) -> tuple[Response, int] | BaseResponse:
    if origin_of(url) not in services().settings.stripe_page_origins:
        log.error("unknown_payment_page", origin=origin_of(url))
        raise PaymentRefused(
            "The payment page is at an address that is not known here, so you are not sent there.",
            remedy="Tell us the request id.",
        )
    if wants_json():
        return jsonify(code=201, status="success", url=url), 201
    return redirect(url, code=303)


def _absolute(endpoint: str) -> str:
    return services().settings.public_url + url_for(endpoint)
