"""The page of an invoice, where an open one can be paid."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.stripe.billing.payments import Outcome, card_for, collect, refusal, subscription_of
from local.stripe.cards import CardRefused, read_card
from local.stripe.errors import ApiError
from local.stripe.pages.base import Form, Pages, leave
from local.stripe.pages.card_form import typed_again
from local.stripe.payment_methods import attach, entered
from local.stripe.store import Record
from local.stripe.work import Work


def routes(pages: Pages) -> list[Route]:
    page = InvoicePage(pages)
    return [
        Route("/i/{token}", page.show, methods=["GET"]),
        Route("/i/{token}/pdf", page.show, methods=["GET"]),
        Route("/i/{token}", page.pay, methods=["POST"]),
        Route("/i/{token}/authenticate", page.ask, methods=["GET"]),
        Route("/i/{token}/authenticate", page.answer, methods=["POST"]),
    ]


class InvoicePage:
    """Shows an invoice and takes a card for it."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    async def pay(self, request: Request) -> Response:
        return await run_in_threadpool(self._pay, request, await self._pages.form(request))

    async def ask(self, request: Request) -> Response:
        return await run_in_threadpool(self._ask, request)

    async def answer(self, request: Request) -> Response:
        return await run_in_threadpool(self._answer, request, await self._pages.form(request))

    def _show(
        self,
        request: Request,
        status: int = 200,
        message: str = "",
        faults: dict[str, str] | None = None,
        typed: dict[str, str] | None = None,
    ) -> Response:
        with self._pages.looking() as work:
            invoice = _invoice(work, request)
            if invoice is None:
                return self._pages.render(request, "missing.html", 404)
            card = card_for(work, subscription_of(work, invoice))
            return self._pages.render(
                request,
                "invoice.html",
                status,
                invoice=invoice.body,
                card=card.body["card"] if card else None,
                action=f"/i/{request.path_params['token']}",
                message=message,
                faults=faults or {},
                typed=typed or {},
            )

    def _pay(self, request: Request, form: Form) -> Response:
        page = request.url.path
        if not form.genuine:
            return self._pages.too_old(request, page)
        faults: dict[str, str] = {}
        with self._pages.work() as work:
            invoice = _invoice(work, request)
            if invoice is None or invoice.body["status"] != "open":
                return leave(page)
            try:
                card = _chosen_card(work, invoice, form)
                outcome = collect(work, invoice, card)
                message = "" if outcome is Outcome.PAID else str(refusal(outcome, card))
            except CardRefused as fault:
                outcome, faults = Outcome.DECLINED, fault.fields
                message = "Please correct what is marked below."
            except ApiError as fault:
                outcome, message = Outcome.DECLINED, str(fault)
            if outcome is Outcome.ASKS and card is not None:
                invoice.hidden["pending"] = card.id
                work.save(invoice)
        if outcome is Outcome.ASKS:
            return leave(f"{page}/authenticate")
        if outcome is Outcome.PAID:
            return leave(page)
        return self._show(request, 402, message, faults, typed_again(form))

    def _ask(self, request: Request) -> Response:
        with self._pages.looking() as work:
            invoice = _invoice(work, request)
            if invoice is None or "pending" not in invoice.hidden:
                return leave(request.url.path.removesuffix("/authenticate"))
            return self._pages.render(
                request,
                "authenticate.html",
                action=request.url.path,
                amount=invoice.body["amount_due"],
                currency=invoice.body["currency"],
            )

    def _answer(self, request: Request, form: Form) -> Response:
        page = request.url.path.removesuffix("/authenticate")
        if not form.genuine:
            return self._pages.too_old(request, request.url.path)
        with self._pages.work() as work:
            invoice = _invoice(work, request)
            if invoice is None or invoice.body["status"] != "open":
                return leave(page)
            card = work.tx.get(invoice.hidden.pop("pending", ""), "payment_method")
            work.save(invoice)
            if card is not None and form["answer"] == "accept":
                card.hidden["set_up"] = True
                work.save(card)
                collect(work, invoice, card, authenticated=True)
        return leave(page)


def _invoice(work: Work, request: Request) -> Record | None:
    url = f"{work.base_url}/i/{request.path_params['token']}"
    return next(iter(work.tx.find("invoice", {"hosted_invoice_url": url})), None)


def _chosen_card(work: Work, invoice: Record, form: Form) -> Record | None:
    """The card on file, or the one that was typed.

    Raises:
        CardRefused: a field is wrong.
        ApiError: the card is declined.
    """
    if form["with"] == "card_on_file":
        return card_for(work, subscription_of(work, invoice))
    customer = work.need("customer", invoice.body["customer"])
    method = entered(work, read_card(form.values, work.real_now()), customer.body.get("email"))
    try:
        attach(work, method, customer)
    except ApiError:
        work.tx.remove(method.id)
        raise
    return method
