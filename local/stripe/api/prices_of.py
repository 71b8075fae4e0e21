"""What a request wants to buy: line items, subscription items, a trial."""

from __future__ import annotations

from local.stripe.api.call import Call
from local.stripe.billing.periods import DAY
from local.stripe.errors import ApiError, invalid, missing
from local.stripe.params import Params
from local.stripe.store import Json
from local.stripe.work import Work

_LONGEST_TRIAL = 730


def line_items(call: Call, name: str = "line_items") -> list[tuple[Json, int]]:
    """Prices and quantities; recurring, active, and in one currency."""
    if not (listed := call.params.children(name)):
        raise missing(name)
    bought = [(recurring_price(call.work, line), quantity(line) or 1) for line in listed]
    if len({price["currency"] for price, _ in bought}) > 1:
        raise invalid(name, "All prices must use the same currency.")
    return bought


def recurring_price(work: Work, line: Params) -> Json:
    """The price that a line names."""
    param = line.name_of("price")
    price = work.need("price", line.required("price"), param).body
    if not price["active"]:
        raise invalid(
            param, "The price specified is inactive. This field only accepts active prices."
        )
    if price["recurring"] is None:
        raise invalid(
            param,
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`.",
        )
    return price


def quantity(line: Params) -> int | None:
    return line.integer("quantity", least=1, most=999_999)


def trial_end(params: Params, now: int) -> int | None:
    """When a trial ends (``trial_period_days`` or ``trial_end``); None without one."""
    days = params.integer("trial_period_days", least=1, most=_LONGEST_TRIAL)
    moment = None
    if "trial_end" in params and params.text("trial_end") != "now":
        moment = params.integer("trial_end")
    if days is not None and moment is not None:
        raise ApiError(
            400,
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            param=params.name_of("trial_end"),
        )
    if days is not None:
        return now + days * DAY
    if moment is not None and moment <= now:
        raise invalid(params.name_of("trial_end"), "Invalid timestamp: must be in the future.")
    return moment
