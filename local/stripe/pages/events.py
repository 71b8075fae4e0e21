"""The list of events and of what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.stripe.pages.base import Form, Pages, leave
from local.stripe.store import Json, Transaction

_SHOWN = 100


@dataclass(frozen=True)
class Sent:
    """A delivery to an endpoint, with its attempts."""

    url: str
    state: str
    due: float
    attempts: list[tuple[float, int | None, str]]


def routes(pages: Pages) -> list[Route]:
    page = EventsPage(pages)
    return [
        Route("/", page.list_all, methods=["GET"]),
        Route("/events/{id}", page.one, methods=["GET"]),
        Route("/events/{id}", page.send_again, methods=["POST"]),
        Route("/style.css", _style),
    ]


class EventsPage:
    """Shows events and sends them again."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def list_all(self, request: Request) -> Response:
        return await run_in_threadpool(self._list, request)

    async def one(self, request: Request) -> Response:
        return await run_in_threadpool(self._one, request)

    async def send_again(self, request: Request) -> Response:
        return await run_in_threadpool(self._send_again, request, await self._pages.form(request))

    def _list(self, request: Request) -> Response:
        with self._pages.looking() as work:
            rows = work.tx.connection.execute(
                "select id, json_extract(body, '$.type'), json_extract(body, '$.created'), "
                "(select group_concat(state) from deliveries d where d.event = objects.id), "
                "(select sum(attempts) from deliveries d where d.event = objects.id) "
                "from objects where kind = 'event' order by seq desc limit ?",
                (_SHOWN,),
            ).fetchall()
        listed = [
            {
                "id": row[0],
                "type": row[1],
                "created": row[2],
                "state": _summary(row[3]),
                "attempts": row[4] or 0,
            }
            for row in rows
        ]
        return self._pages.render(request, "events.html", events=listed, shown=_SHOWN)

    def _one(self, request: Request) -> Response:
        with self._pages.looking() as work:
            event = work.tx.get(request.path_params["id"], "event")
            if event is None:
                return self._pages.render(request, "missing.html", 404)
            return self._pages.render(
                request,
                "event.html",
                event=event.body,
                text=_pretty(event.body),
                sent=_deliveries(work.tx, event.id),
                action=request.url.path,
            )

    def _send_again(self, request: Request, form: Form) -> Response:
        if not form.genuine:
            return self._pages.too_old(request, request.url.path)
        with self._pages.work() as work:
            event = work.tx.get(request.path_params["id"], "event")
            if event is None:
                return self._pages.render(request, "missing.html", 404)
            work.send(event)
        return leave(request.url.path)


def _deliveries(tx: Transaction, event_id: str) -> list[Sent]:
    found = tx.connection.execute(
        "select id, endpoint, state, due from deliveries where event = ? order by id", (event_id,)
    ).fetchall()
    sent = []
    for delivery_id, endpoint_id, state, due in found:
        endpoint = tx.get(endpoint_id, "webhook_endpoint")
        attempts = tx.connection.execute(
            "select at, status, note from attempts where delivery = ? order by at", (delivery_id,)
        ).fetchall()
        sent.append(Sent(endpoint.body["url"] if endpoint else endpoint_id, state, due, attempts))
    return sent


def _summary(states: str | None) -> str:
    if not states:
        return "nobody wanted it"
    for state in ("waiting", "failed"):
        if state in states.split(","):
            return {"waiting": "on its way", "failed": "given up"}[state]
    return "delivered"


def _pretty(body: Json) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


async def _style(request: Request) -> Response:
    css = (Path(__file__).parent.parent / "style.css").read_text(encoding="utf-8")
    return Response(css, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})
