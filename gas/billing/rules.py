"""The rules of plans: what a subscription gives, and what follows when that changes.

Statuses are those of Stripe ("How subscriptions work", docs.stripe.com/billing/subscriptions).
Premium while `active` or `trialing`, or `past_due` until the grace period is over; with any
other status, also one that Stripe may invent, Free.
"""

from collections.abc import Sequence
from dataclasses import replace

from gas.billing.ports import Announcement, Change, Standing, Subscription, SubscriptionRecord
from gas.billing.ports import TopicName as Topic
from gas.messages import AccountNotice, ThawRequested, UserArchiveRequested
from gas.plans import Plan

PAST_DUE = "past_due"
_GOOD = frozenset({"active", "trialing"})
_PREFERENCE = ("active", "trialing", PAST_DUE, "unpaid", "paused", "incomplete")


def plan_of(record: SubscriptionRecord, *, now: int) -> Plan:
    """The plan that a subscription gives at the time `now`."""
    if record.status in _GOOD:
        return Plan.PREMIUM
    in_grace = record.grace_until is not None and now < record.grace_until
    return Plan.PREMIUM if record.status == PAST_DUE and in_grace else Plan.FREE


def is_good(status: str) -> bool:
    """Whether a subscription with this status is paid for, or in trial."""
    return status in _GOOD


def is_running(record: SubscriptionRecord) -> bool:
    """Whether the subscription still costs money, or will try to: a second one would cost twice."""
    return record.status in _GOOD or record.status in {PAST_DUE, "unpaid", "paused"}


def decisive(subscriptions: Sequence[Subscription]) -> Subscription | None:
    """The subscription that counts when a customer has several: the best, then the newest."""

    def rank(subscription: Subscription) -> tuple[int, int]:
        known = subscription.status in _PREFERENCE
        place = _PREFERENCE.index(subscription.status) if known else len(_PREFERENCE)
        return (place, -subscription.created)

    return min(subscriptions, key=rank, default=None)


def observe(
    known: SubscriptionRecord,
    found: Subscription | None,
    *,
    told_at: int,
    now: int,
    grace_seconds: int,
) -> SubscriptionRecord:
    """The record after `found` was read from the payment service because of an event.

    `told_at` is when the event was made: the first failure is the earliest one told of, in
    whatever order the events arrive, but within the period that is not paid.
    """
    fresh = replace(
        known,
        subscription_id=found.subscription_id if found else None,
        status=found.status if found else None,
        price=found.price if found else None,
        current_period_end=found.current_period_end if found else None,
        ends_at=found.ends_at if found else None,
        past_due_since=None,
        grace_until=None,
        revision=known.revision + 1,
    )
    if found is None or found.status != PAST_DUE:
        return fresh
    since = min(max(told_at, found.current_period_start or 0), now)
    same_failure = known.status == PAST_DUE and known.subscription_id == found.subscription_id
    if same_failure and known.past_due_since is not None:
        since = min(since, known.past_due_since)
    return replace(fresh, past_due_since=since, grace_until=since + grace_seconds)


def unheard(known: SubscriptionRecord) -> SubscriptionRecord:
    """The record when nothing new was heard: only time has passed."""
    return replace(known, revision=known.revision + 1)


def change_after(before: Standing, observed: SubscriptionRecord, *, now: int) -> Change:
    """The change that makes `observed` true of the account, with everybody who must be told.

    A subscription that gives nothing takes nothing away that it did not give: a plan that the
    operator gave stays.
    """
    record = replace(observed, plan=plan_of(observed, now=now))
    ended = before.record.plan is Plan.PREMIUM and record.plan is Plan.FREE
    plan = record.plan if ended or record.plan is Plan.PREMIUM else before.plan
    return Change(
        plan=plan,
        record=record,
        announcements=[*_orders(before, plan), *_notices(before, record)],
    )


def grant(before: Standing, plan: Plan) -> Change:
    """The change by which an operator gives an account a plan."""
    record = replace(before.record, revision=before.record.revision + 1)
    return Change(plan=plan, record=record, announcements=_orders(before, plan))


def _orders(before: Standing, plan: Plan) -> list[Announcement]:
    """Results follow the plan: thawed for Premium, archived when their time is over for Free."""
    if plan is before.plan:
        return []
    if plan is Plan.PREMIUM:
        thaw = ThawRequested(user_id=before.user_id)
        return [Announcement(Topic.THAW_REQUESTS, thaw.to_json())]
    archive = UserArchiveRequested(user_id=before.user_id)
    return [Announcement(Topic.ARCHIVE_REQUESTS, archive.to_json())]


def _notices(before: Standing, record: SubscriptionRecord) -> list[Announcement]:
    """The mails about a change. Each follows from the two records, not from the kind of event, so
    that repeated and shuffled events bring each mail once."""
    known = before.record
    notices = []
    if record.plan is Plan.PREMIUM and known.plan is Plan.FREE:
        notices.append(_notice(before, record, "premium_started", record.current_period_end))
    elif record.status in _GOOD and known.past_due_since is not None:
        notices.append(_notice(before, record, "payment_recovered", record.current_period_end))
    if record.plan is Plan.FREE and known.plan is Plan.PREMIUM:
        notices.append(_notice(before, record, "premium_ended", None))
    elif record.past_due_since is not None and known.past_due_since is None:
        notices.append(_notice(before, record, "payment_failed", record.grace_until))
    if record.plan is Plan.PREMIUM and record.ends_at is not None and known.ends_at is None:
        notices.append(_notice(before, record, "premium_will_end", record.ends_at))
    return notices


def _notice(
    before: Standing, record: SubscriptionRecord, kind: str, until: int | None
) -> Announcement:
    notice = AccountNotice.model_validate(
        {
            "notice_id": f"{record.subscription_id}:{record.revision}:{kind}",
            "user_id": before.user_id,
            "email": before.email,
            "kind": kind,
            "until": until,
        }
    )
    return Announcement(Topic.JOB_RESULTS, notice.to_json())
