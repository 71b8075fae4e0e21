"""Billing Portal sessions."""

from __future__ import annotations

from local.stripe.api.call import Call, Routes
from local.stripe.errors import invalid
from local.stripe.params import web_address
from local.stripe.shapes import hosted
from local.stripe.store import Json, Record


def create(call: Call) -> Json:
    params, work = call.params, call.work
    customer = work.need("customer", params.required("customer"), "customer")
    back = params.text("return_url")
    if back is not None:
        web_address(back, "return_url")
    configuration = params.text("configuration")
    if configuration not in (None, hosted.PORTAL_CONFIGURATION):
        raise invalid("configuration", "This stand-in has one configuration of the portal only.")
    body = hosted.portal_session(customer.id, back, work.base_url, int(work.real_now()))
    body["locale"] = params.text("locale")
    return work.add(Record("billing_portal.session", body)).body


ROUTES: Routes = [("POST", "/v1/billing_portal/sessions", create)]
