"""The Checkout page."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.stripe.cards import CardRefused, EnteredCard, read_card
from local.stripe.checkout import Step, authenticate, email_of, submit, success_url
from local.stripe.pages.base import Form, Pages, leave
from local.stripe.pages.card_form import typed_again
from local.stripe.store import Record
from local.stripe.work import Work


def routes(pages: Pages) -> list[Route]:
    page = CheckoutPage(pages)
    return [
        Route("/c/pay/{id}", page.show, methods=["GET"]),
        Route("/c/pay/{id}", page.pay, methods=["POST"]),
        Route("/c/pay/{id}/authenticate", page.ask, methods=["GET"]),
        Route("/c/pay/{id}/authenticate", page.answer, methods=["POST"]),
    ]


class CheckoutPage:
    """Shows a session and takes the card for it."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    async def pay(self, request: Request) -> Response:
        form = await self._pages.form(request)
        return await run_in_threadpool(self._pay, request, form)

    async def ask(self, request: Request) -> Response:
        return await run_in_threadpool(self._ask, request)

    async def answer(self, request: Request) -> Response:
        form = await self._pages.form(request)
        return await run_in_threadpool(self._answer, request, form)

    def _show(
        self,
        request: Request,
        status: int = 200,
        message: str = "",
        faults: dict[str, str] | None = None,
        typed: dict[str, str] | None = None,
    ) -> Response:
        with self._pages.looking() as work:
            session = _session(work, request)
            if session is None:
                return self._pages.render(request, "missing.html", 404)
            if session.body["status"] != "open":
                return self._closed(request, session)
            return self._pages.render(
                request,
                "checkout.html",
                status,
                leads_to=session.body["success_url"],
                session=session.body,
                lines=session.hidden["line_items"],
                email=email_of(work, session),
                action=request.url.path,
                message=message,
                faults=faults or {},
                typed=typed or {},
            )

    def _pay(self, request: Request, form: Form) -> Response:
        if not form.genuine:
            return self._show(request, 403, "The form was too old. Please enter the card again.")
        with self._pages.work() as work:
            session = _session(work, request)
            if session is None or session.body["status"] != "open":
                return leave(request.url.path)
            try:
                card, email = _entered(work, session, form)
            except CardRefused as fault:
                outcome: tuple[Step, str] | None = None
                faults = fault.fields
            else:
                outcome, faults = submit(work, session, card, email), {}
            where = success_url(session)
        if outcome is None or outcome[0] is Step.REFUSED:
            message = outcome[1] if outcome else "Please correct what is marked below."
            return self._show(request, 402, message, faults, typed_again(form))
        if outcome[0] is Step.AUTHENTICATE:
            return leave(f"{request.url.path}/authenticate")
        return leave(where)

    def _ask(self, request: Request) -> Response:
        with self._pages.looking() as work:
            session = _session(work, request)
            if session is None or "pending" not in session.hidden:
                return leave(request.url.path.removesuffix("/authenticate"))
            return self._pages.render(
                request,
                "authenticate.html",
                leads_to=session.body["success_url"],
                action=request.url.path,
                amount=session.body["amount_total"],
                currency=session.body["currency"],
            )

    def _answer(self, request: Request, form: Form) -> Response:
        page = request.url.path.removesuffix("/authenticate")
        if not form.genuine:
            return self._pages.too_old(request, request.url.path)
        with self._pages.work() as work:
            session = _session(work, request)
            if session is None or session.body["status"] != "open":
                return leave(page)
            step, message = authenticate(work, session, form["answer"] == "accept")
            where = success_url(session)
        if step is Step.DONE:
            return leave(where)
        return self._pages.render(
            request,
            "notice.html",
            402,
            heading="Not authenticated",
            text=message,
            back=page,
            back_text="Choose another card",
        )

    def _closed(self, request: Request, session: Record) -> Response:
        done = session.body["status"] == "complete"
        return self._pages.render(
            request,
            "notice.html",
            heading="This practice payment is done" if done else "This page has expired",
            text="It cannot be paid a second time."
            if done
            else "Nothing was paid. Start again from the web app.",
            back=success_url(session) if done else (session.body["cancel_url"] or ""),
            back_text="Back to the web app",
        )


def _session(work: Work, request: Request) -> Record | None:
    return work.tx.get(request.path_params["id"], "checkout.session")


def _entered(work: Work, session: Record, form: Form) -> tuple[EnteredCard, str | None]:
    """The card and the address that were typed.

    Raises:
        CardRefused: a field is wrong.
    """
    faults: dict[str, str] = {}
    email = email_of(work, session) or form["email"].strip()
    if "@" not in email or len(email) > 200:
        faults["email"] = "Write an e-mail address."
    try:
        card = read_card(form.values, work.real_now())
    except CardRefused as fault:
        raise CardRefused({**faults, **fault.fields}) from fault
    if faults:
        raise CardRefused(faults)
    return card, email
