"""What nobody's call brings about: the end of a grace period, and messages that got stuck."""

from gas.billing import outbox, rules
from gas.billing.desk import DAY, Billing
from gas.billing.ports import Committed
from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.plans import Plan

log = get_logger()

_BATCH = 100
_ATTEMPTS = 5
_KEEP_DAYS = 60
"""Stripe lets an event be sent again for 30 days."""


def go_round(billing: Billing) -> int:
    """End the grace periods that are over, publish what waits; how many plans ended.

    May be called at any time, by several processes at once.

    Raises:
        ServiceUnavailable: the rest is done the next time.
    """
    ended = 0
    while users := billing.store.lapsed(now=billing.clock.now(), limit=_BATCH):
        now_ended = sum(end_grace(billing, user_id) for user_id in users)
        ended += now_ended
        if not now_ended:
            break  # others are at these accounts just now
    outbox.publish(billing)
    billing.store.forget_old(before=billing.clock.now() - _KEEP_DAYS * DAY)
    return ended


def end_grace(billing: Billing, user_id: str) -> bool:
    """Free, if the account's grace period is over; whether it was.

    This follows from the last event, which said that a payment failed: no newer one is needed.
    A payment made since then would have changed the record.
    """
    for _ in range(_ATTEMPTS):
        standing = billing.store.standing(user_id)
        if standing is None or standing.record.plan is Plan.FREE:
            return False
        now = billing.clock.now()
        if rules.plan_of(standing.record, now=now) is Plan.PREMIUM:
            return False
        change = rules.end_of_grace(standing, now=now)
        revision = standing.record.revision
        if billing.store.commit(user_id, change, revision=revision, at=now) is Committed.DONE:
            log.info("grace_ended", user_id=user_id)
            return True
    return False


def look_after(billing: Billing, user_id: str) -> None:
    """The same for one account, when its owner looks; an outage is left to the next round."""
    try:
        end_grace(billing, user_id)
        outbox.publish(billing, user_id=user_id)
    except ServiceUnavailable as error:
        log.warning("round_postponed", user_id=user_id, reason=error.message)
