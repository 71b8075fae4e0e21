"""What nobody's call brings about: the end of a grace period, what Stripe's lost events would have
told, and messages that got stuck.

Before anybody loses Premium here, Stripe is asked: after an outage of ours the event of a payment
comes hours late, and after three days not at all.
"""

from collections.abc import Callable

from gas.billing import outbox, rules
from gas.billing.desk import DAY, Billing
from gas.billing.errors import PaymentRefused
from gas.billing.ports import Committed, Standing, SubscriptionRecord
from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.plans import Plan

log = get_logger()

_BATCH = 100
_ATTEMPTS = 5
_KEEP_DAYS = 60
"""Stripe lets an event be sent again for 30 days."""
_SILENCE_SECONDS = DAY
"""A renewal is told within an hour or two of the end of the period before."""
_ASK_EVERY_SECONDS = DAY // 4


def go_round(billing: Billing) -> int:
    """End the grace periods that are over, ask after subscriptions of which nothing was heard,
    publish what waits; how many grace periods ended.

    May be called at any time, by several processes at once.

    Raises:
        ServiceUnavailable: the rest is done the next time.
    """
    ended = 0
    try:
        while users := billing.store.lapsed(now=billing.clock.now(), limit=_BATCH):
            now_ended = sum(end_grace(billing, user_id) for user_id in users)
            ended += now_ended
            if not now_ended:
                break  # others are at these accounts just now, or they were paid for
        _ask_after_silent(billing)
    except ServiceUnavailable as error:
        # An outage of Stripe's does not keep back what was decided before.
        log.warning("subscriptions_not_read", reason=error.message)
    outbox.publish(billing)
    billing.store.forget_old(before=billing.clock.now() - _KEEP_DAYS * DAY)
    return ended


def end_grace(billing: Billing, user_id: str) -> bool:
    """Free, if the account's grace period is over and nothing was paid; whether it was so.

    Raises:
        ServiceUnavailable: the payment service or the database cannot be reached.
    """

    def over(standing: Standing) -> bool:
        return rules.plan_of(standing.record, now=billing.clock.now()) is Plan.FREE

    ended = _look_again(billing, user_id, over) is Plan.FREE
    if ended:
        log.info("grace_ended", user_id=user_id)
    return ended


def look_after(billing: Billing, user_id: str) -> None:
    """The same for one account, when its owner looks; an outage is left to the next round."""
    try:
        end_grace(billing, user_id)
        outbox.publish(billing, user_id=user_id)
    except ServiceUnavailable as error:
        log.warning("round_postponed", user_id=user_id, reason=error.message)


def _ask_after_silent(billing: Billing) -> None:
    """What was paid for is over, and nobody has said whether it goes on: ask."""
    if billing.terminal is None:
        return
    now = billing.clock.now()
    silent = billing.store.silent(
        ended_before=now - _SILENCE_SECONDS, seen_before=now - _ASK_EVERY_SECONDS, limit=_BATCH
    )
    for user_id in silent:
        plan = _look_again(billing, user_id, lambda standing: True)
        log.warning("subscription_asked_for", user_id=user_id, plan=plan)


def _look_again(billing: Billing, user_id: str, wanted: Callable[[Standing], bool]) -> Plan | None:
    """Read the subscription of an account that it gives Premium, and record what follows: the
    plan it gives now. None: nothing was written, because it is not `wanted` (any more)."""
    for _ in range(_ATTEMPTS):
        standing = billing.store.standing(user_id)
        if standing is None or standing.record.plan is Plan.FREE or not wanted(standing):
            return None
        now = billing.clock.now()
        change = rules.change_after(standing, _observed(billing, standing, now), now=now)
        revision = standing.record.revision
        if billing.store.commit(user_id, change, revision=revision, at=now) is Committed.DONE:
            return change.record.plan
    return None


def _observed(billing: Billing, standing: Standing, now: int) -> SubscriptionRecord:
    """The record as the payment service has it now; as we know it where there is none to ask."""
    terminal, customer_id = billing.terminal, standing.record.customer_id
    if terminal is None or customer_id is None:
        return rules.unheard(standing.record)
    try:
        found = terminal.payments.subscriptions_of(customer_id)
    except PaymentRefused as error:
        log.error("subscription_unreadable", user_id=standing.user_id, reason=error.message)
        return rules.unheard(standing.record)
    return rules.observe(
        standing.record,
        rules.decisive(found),
        told_at=now,
        now=now,
        grace_seconds=billing.grace_days * DAY,
    )
