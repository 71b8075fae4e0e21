"""The Billing Portal."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.stripe import portal
from local.stripe.cards import CardRefused, read_card
from local.stripe.checkout import Step
from local.stripe.pages.base import Form, Pages, leave
from local.stripe.pages.card_form import typed_again
from local.stripe.store import Record
from local.stripe.timetable import RUNNING
from local.stripe.work import Work

_SUBSCRIPTION_ACTIONS = {
    "cancel_at_period_end": portal.cancel_at_period_end,
    "resume": portal.resume,
    "cancel_now": portal.cancel_now,
}


def routes(pages: Pages) -> list[Route]:
    page = PortalPage(pages)
    return [
        Route("/p/session/{token}", page.show, methods=["GET"]),
        Route("/p/session/{token}", page.act, methods=["POST"]),
        Route("/p/session/{token}/card", page.card, methods=["GET"]),
        Route("/p/session/{token}/card", page.change_card, methods=["POST"]),
        Route("/p/session/{token}/authenticate", page.ask, methods=["GET"]),
        Route("/p/session/{token}/authenticate", page.answer, methods=["POST"]),
    ]


class PortalPage:
    """Shows what a customer pays for, and lets them change it."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    async def act(self, request: Request) -> Response:
        return await run_in_threadpool(self._act, request, await self._pages.form(request))

    async def card(self, request: Request) -> Response:
        return await run_in_threadpool(self._card, request)

    async def change_card(self, request: Request) -> Response:
        return await run_in_threadpool(self._change_card, request, await self._pages.form(request))

    async def ask(self, request: Request) -> Response:
        return await run_in_threadpool(self._ask, request)

    async def answer(self, request: Request) -> Response:
        return await run_in_threadpool(self._answer, request, await self._pages.form(request))

    def _show(self, request: Request) -> Response:
        with self._pages.looking() as work:
            opened = _opened(work, request)
            if opened is None:
                return self._expired(request)
            session, customer = opened
            subscription = portal.current(work, customer)
            card = portal.card_on_file(work, customer, subscription)
            return self._pages.render(
                request,
                "portal.html",
                session=session.body,
                customer=customer.body,
                subscription=subscription.body if subscription else None,
                product=_product(work, subscription),
                running=subscription is not None and subscription.body["status"] in RUNNING,
                card=card.body["card"] if card else None,
                invoices=[i.body for i in work.tx.find("invoice", {"customer": customer.id})],
                now=work.now(customer),
                fail_next=bool(customer.hidden.get("fail_next")),
                action=request.url.path,
            )

    def _act(self, request: Request, form: Form) -> Response:
        if not form.genuine:
            return self._pages.too_old(request, request.url.path)
        with self._pages.work() as work:
            opened = _opened(work, request)
            if opened is not None:
                _do(work, opened[1], form["action"])
        return leave(request.url.path)

    def _card(
        self,
        request: Request,
        status: int = 200,
        message: str = "",
        faults: dict[str, str] | None = None,
        typed: dict[str, str] | None = None,
    ) -> Response:
        with self._pages.looking() as work:
            if _opened(work, request) is None:
                return self._expired(request)
        return self._pages.render(
            request,
            "card.html",
            status,
            heading="Pay with another test card",
            button="Use this card",
            action=request.url.path,
            back=request.url.path.removesuffix("/card"),
            message=message,
            faults=faults or {},
            typed=typed or {},
        )

    def _change_card(self, request: Request, form: Form) -> Response:
        home = request.url.path.removesuffix("/card")
        if not form.genuine:
            return self._pages.too_old(request, request.url.path)
        with self._pages.work() as work:
            opened = _opened(work, request)
            if opened is None:
                return leave(home)
            try:
                entered = read_card(form.values, work.real_now())
                step, message = portal.change_card(work, *opened, entered)
                faults: dict[str, str] = {}
            except CardRefused as fault:
                step, message = Step.REFUSED, "Please correct what is marked below."
                faults = fault.fields
        if step is Step.REFUSED:
            return self._card(request, 402, message, faults, typed_again(form))
        return leave(f"{home}/authenticate" if step is Step.AUTHENTICATE else home)

    def _ask(self, request: Request) -> Response:
        with self._pages.looking() as work:
            opened = _opened(work, request)
            if opened is None or "pending" not in opened[0].hidden:
                return leave(request.url.path.removesuffix("/authenticate"))
        return self._pages.render(
            request, "authenticate.html", action=request.url.path, amount=0, currency="usd"
        )

    def _answer(self, request: Request, form: Form) -> Response:
        home = request.url.path.removesuffix("/authenticate")
        if not form.genuine:
            return self._pages.too_old(request, request.url.path)
        with self._pages.work() as work:
            opened = _opened(work, request)
            if opened is None:
                return leave(home)
            step, message = portal.authenticate(work, *opened, form["answer"] == "accept")
        if step is Step.DONE:
            return leave(home)
        return self._pages.render(
            request,
            "notice.html",
            402,
            heading="Not authenticated",
            text=message,
            back=f"{home}/card",
            back_text="Choose another card",
        )

    def _expired(self, request: Request) -> Response:
        return self._pages.render(
            request,
            "notice.html",
            404,
            heading="This address of the portal has expired",
            text="Open the portal again from the web app.",
            back="",
        )


def _opened(work: Work, request: Request) -> tuple[Record, Record] | None:
    return portal.opened(work, request.path_params["token"])


def _do(work: Work, customer: Record, action: str) -> None:
    subscription = portal.current(work, customer)
    if action in _SUBSCRIPTION_ACTIONS and subscription is not None:
        _SUBSCRIPTION_ACTIONS[action](work, subscription)
    elif action in ("fail_next", "let_pay"):
        portal.fail_next(work, customer, action == "fail_next")
    elif action.startswith("pass_"):
        portal.pass_time(work, customer, action.removeprefix("pass_"))


def _product(work: Work, subscription: Record | None) -> str:
    if subscription is None:
        return ""
    price = subscription.body["items"]["data"][0]["price"]
    return str(work.need("product", price["product"]).body["name"])
