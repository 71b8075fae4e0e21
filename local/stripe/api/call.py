"""One request to the API, as its handler sees it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from local.stripe.errors import no_such
from local.stripe.params import Params
from local.stripe.store import Json, Record
from local.stripe.work import Work

_LONGEST_PAGE = 100
_USUAL_PAGE = 10
_BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@dataclass(frozen=True)
class Call:
    """A request whose sender is known; the handler reads each parameter that it understands."""

    work: Work
    params: Params
    ids: dict[str, str]
    """What the path says: ``{"id": "cus_..."}``."""
    path: str

    @property
    def id(self) -> str:
        return self.ids["id"]


Handler = Callable[[Call], Json]
Routes = list[tuple[str, str, Handler]]
"""Method, path with ``{id}``, handler."""


def page(call: Call, records: Iterable[Record]) -> Json:
    """A page of a list (``limit``, ``starting_after``, ``ending_before``, ``created``).

    Parameters
    ----------
    records
        All that the list holds, the newest first.
    """
    params = call.params
    limit = params.integer("limit", least=1, most=_LONGEST_PAGE) or _USUAL_PAGE
    after, before = params.text("starting_after"), params.text("ending_before")
    listed = _created(params, [record.body for record in records])
    ids = [body["id"] for body in listed]
    more = False
    for cursor, name in ((after, "starting_after"), (before, "ending_before")):
        if cursor is not None and cursor not in ids:
            call.work.need("object", cursor, name)
    if before is not None:
        listed = listed[: ids.index(before)]
        more, listed = len(listed) > limit, listed[-limit:]
    else:
        listed = listed[ids.index(after) + 1 :] if after is not None else listed
        more, listed = len(listed) > limit, listed[:limit]
    return {"object": "list", "data": listed, "has_more": more, "url": call.path}


def filters(call: Call, *names: str) -> dict[str, str]:
    """The text filters of a list that were sent.

    Raises:
        ApiError: there never was such a customer.
    """
    sent = {name: call.params.text(name) for name in names}
    customer = sent.get("customer")
    if customer is not None and call.work.tx.get(customer, "customer") is None:
        raise no_such("customer", customer, "customer")
    return {name: value for name, value in sent.items() if value is not None}


def _created(params: Params, bodies: list[Json]) -> list[Json]:
    if "created" not in params:
        return bodies
    bounds = params.child("created")
    for name, test in _BOUNDS.items():
        want = bounds.integer(name)
        if want is not None:
            bodies = [body for body in bodies if test(body["created"], want)]
    return bodies
