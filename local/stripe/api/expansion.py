"""``expand[]``: puts whole objects where their ids are."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from local.stripe.errors import ApiError
from local.stripe.store import Json
from local.stripe.work import Work

_DEEPEST = 4


def expanded(work: Work, answer: Json, paths: list[str]) -> Json:
    """A copy of an answer with the wanted objects in it.

    Raises:
        ApiError: a path leads to nothing that can be expanded.
    """
    answer = copy.deepcopy(answer)
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST + int(steps[0] == "data"):
            raise _refused(path, f"You cannot expand more than {_DEEPEST} levels of a property.")
        _expand(work, answer, steps, path)
    return answer


def _expand(work: Work, place: Any, steps: list[str], path: str) -> None:
    if isinstance(place, list):
        for entry in place:
            _expand(work, entry, steps, path)
        return
    name, rest = steps[0], steps[1:]
    if not isinstance(place, dict):
        return
    includable = _INCLUDED.get((place.get("object"), name))
    if includable is not None and name not in place:
        place[name] = includable(work, place)
    if name not in place:
        raise _refused(path, f"This property cannot be expanded ({path}).")
    value = place[name]
    if isinstance(value, str):
        found = work.tx.get(value)
        if found is None:
            raise _refused(path, f"This property cannot be expanded ({path}).")
        place[name] = value = copy.deepcopy(found.body)
    elif not rest and not isinstance(value, (dict, type(None))):
        raise _refused(path, f"This property cannot be expanded ({path}).")
    if rest:
        _expand(work, value, rest, path)


def _line_items(work: Work, session: Json) -> Json:
    record = work.need("checkout.session", session["id"])
    return {
        "object": "list",
        "data": copy.deepcopy(record.hidden["line_items"]),
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session['id']}/line_items",
    }


def _subscriptions(work: Work, customer: Json) -> Json:
    found = work.tx.find("subscription", {"customer": customer["id"]})
    return {
        "object": "list",
        "data": [copy.deepcopy(s.body) for s in found if s.body["status"] != "canceled"],
        "has_more": False,
        "url": f"/v1/customers/{customer['id']}/subscriptions",
    }


def _refused(path: str, message: str) -> ApiError:
    return ApiError(400, message, param=f"expand[{path}]")


# Fields that are left out unless they are asked for.
_INCLUDED: dict[tuple[Any, str], Callable[[Work, Json], Json]] = {
    ("checkout.session", "line_items"): _line_items,
    ("customer", "subscriptions"): _subscriptions,
}
