"""What a subscription gives, and what follows when that changes."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from gas.billing import rules
from gas.billing.ports import Announcement, Standing, Subscription, SubscriptionRecord
from gas.plans import Plan

DAY = 24 * 3600
GRACE = 7 * DAY
NOW = 1_800_000_000
FREE, PREMIUM = Plan.FREE, Plan.PREMIUM


@pytest.mark.parametrize(
    ("status", "grace_until", "plan"),
    [
        ("active", None, PREMIUM),
        ("trialing", None, PREMIUM),
        ("past_due", NOW + 1, PREMIUM),
        ("past_due", NOW, FREE),
        ("past_due", NOW - DAY, FREE),
        ("past_due", None, FREE),
        ("unpaid", NOW + DAY, FREE),
        ("canceled", NOW + DAY, FREE),
        ("incomplete", None, FREE),
        ("incomplete_expired", None, FREE),
        ("paused", None, FREE),
        ("something_new", NOW + DAY, FREE),
        (None, None, FREE),
    ],
)
def test_the_plan_of_a_status_at_a_time(
    status: str | None, grace_until: int | None, plan: Plan
) -> None:
    record = SubscriptionRecord(status=status, grace_until=grace_until)
    assert rules.plan_of(record, now=NOW) is plan


@pytest.mark.parametrize(
    ("status", "running"),
    [
        ("active", True),
        ("trialing", True),
        ("past_due", True),
        ("unpaid", True),
        ("paused", True),
        ("canceled", False),
        ("incomplete", False),
        ("incomplete_expired", False),
        (None, False),
    ],
)
def test_who_must_not_buy_a_second_subscription(status: str | None, running: bool) -> None:
    assert rules.is_running(SubscriptionRecord(status=status)) is running


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        ([("old", "canceled", 1), ("new", "active", 2)], "new"),
        ([("old", "active", 1), ("new", "canceled", 2)], "old"),
        ([("old", "past_due", 1), ("new", "incomplete", 2)], "old"),
        ([("old", "canceled", 1), ("new", "canceled", 2)], "new"),
        ([("old", "something_new", 9), ("new", "unpaid", 2)], "new"),
    ],
)
def test_of_several_subscriptions_the_best_counts(
    offered: Sequence[tuple[str, str, int]], chosen: str | None
) -> None:
    subscriptions = [Subscription(name, status, created) for name, status, created in offered]
    for order in permutations(subscriptions):
        found = rules.decisive(order)
        assert (found.subscription_id if found else None) == chosen


def subscription(status: str, **changes: Any) -> Subscription:
    base = Subscription(
        "sub_1",
        status,
        created=NOW - 40 * DAY,
        price="price_premium",
        current_period_start=NOW - DAY,
        current_period_end=NOW + 29 * DAY,
    )
    return replace(base, **changes)


def look(
    known: SubscriptionRecord, found: Subscription | None, *, told_at: int = NOW, now: int = NOW
) -> SubscriptionRecord:
    return rules.observe(known, found, told_at=told_at, now=now, grace_seconds=GRACE)


def test_the_record_follows_the_subscription() -> None:
    record = look(SubscriptionRecord(customer_id="cus_1"), subscription("active", ends_at=NOW + 5))
    assert record == SubscriptionRecord(
        customer_id="cus_1",
        subscription_id="sub_1",
        status="active",
        price="price_premium",
        current_period_end=NOW + 29 * DAY,
        ends_at=NOW + 5,
        revision=1,
    )
    gone = look(record, None)
    assert gone == SubscriptionRecord(customer_id="cus_1", revision=2)


@pytest.mark.parametrize("told", [*permutations([NOW - 3 * 3600, NOW - 2 * 3600, NOW - 3600])])
def test_grace_begins_with_the_first_failure_in_whatever_order_it_is_told(
    told: Sequence[int],
) -> None:
    record = look(SubscriptionRecord(), subscription("active"))
    for moment in told:
        record = look(record, subscription("past_due"), told_at=moment)
    assert record.past_due_since == NOW - 3 * 3600
    assert record.grace_until == NOW - 3 * 3600 + GRACE


def test_an_event_of_an_earlier_period_does_not_shorten_the_grace() -> None:
    record = look(SubscriptionRecord(), subscription("past_due"), told_at=NOW - 30 * DAY)
    assert record.past_due_since == NOW - DAY


def test_a_clock_that_is_ahead_does_not_lengthen_the_grace() -> None:
    record = look(SubscriptionRecord(), subscription("past_due"), told_at=NOW + 30 * DAY)
    assert record.past_due_since == NOW


def test_a_new_failure_has_a_grace_of_its_own() -> None:
    record = look(SubscriptionRecord(), subscription("past_due"), told_at=NOW - 3600)
    record = look(record, subscription("active"))
    assert (record.past_due_since, record.grace_until) == (None, None)
    later = NOW + 30 * DAY
    failed = subscription("past_due", current_period_start=later - 100)
    assert look(record, failed, told_at=later, now=later).past_due_since == later


def test_another_subscription_has_a_grace_of_its_own() -> None:
    record = look(SubscriptionRecord(), subscription("past_due"), told_at=NOW - 7200)
    other = replace(subscription("past_due"), subscription_id="sub_2")
    assert look(record, other, told_at=NOW - 3600).past_due_since == NOW - 3600


def standing(plan: Plan, *, gave: Plan = FREE, **values: Any) -> Standing:
    """An account with `plan`, whose subscription gave `gave`."""
    record = SubscriptionRecord(plan=gave, **values)
    return Standing("user", "Ada", "ada@example.org", plan, 0, record)


def told(announcements: Sequence[Announcement]) -> list[str]:
    """The messages by type, mails by kind."""
    bodies = [json.loads(one.body) for one in announcements]
    return [body.get("kind") or body["type"] for body in bodies]


GRACE_RECORD: dict[str, Any] = {
    "past_due_since": NOW - 60,
    "grace_until": NOW + DAY,
    "status": "past_due",
}


@pytest.mark.parametrize(
    ("before", "after", "plan", "messages"),
    [
        # began
        (standing(FREE), {"status": "active"}, PREMIUM, ["thaw_requested", "premium_started"]),
        (standing(FREE), {"status": "incomplete"}, FREE, []),
        (standing(FREE), GRACE_RECORD, PREMIUM, None),
        # nothing new
        (standing(PREMIUM, gave=PREMIUM, status="active"), {"status": "active"}, PREMIUM, []),
        # cancelled, changed one's mind, ended
        (
            standing(PREMIUM, gave=PREMIUM, status="active"),
            {"status": "active", "ends_at": NOW + DAY},
            PREMIUM,
            ["premium_will_end"],
        ),
        (
            standing(PREMIUM, gave=PREMIUM, status="active", ends_at=NOW + DAY),
            {"status": "active", "ends_at": NOW + DAY},
            PREMIUM,
            [],
        ),
        (
            standing(PREMIUM, gave=PREMIUM, status="active", ends_at=NOW + DAY),
            {"status": "active"},
            PREMIUM,
            [],
        ),
        (
            standing(PREMIUM, gave=PREMIUM, status="active", ends_at=NOW),
            {"status": "canceled", "ends_at": NOW},
            FREE,
            ["user_archive_requested", "premium_ended"],
        ),
        (standing(FREE, status="canceled"), {"status": "canceled"}, FREE, []),
        # failed, failed again, recovered, not recovered, paid too late
        (
            standing(PREMIUM, gave=PREMIUM, status="active"),
            GRACE_RECORD,
            PREMIUM,
            ["payment_failed"],
        ),
        (standing(PREMIUM, gave=PREMIUM, **GRACE_RECORD), GRACE_RECORD, PREMIUM, []),
        (
            standing(PREMIUM, gave=PREMIUM, **GRACE_RECORD),
            {"status": "active"},
            PREMIUM,
            ["payment_recovered"],
        ),
        (
            standing(PREMIUM, gave=PREMIUM, **GRACE_RECORD),
            {**GRACE_RECORD, "grace_until": NOW},
            FREE,
            ["user_archive_requested", "premium_ended"],
        ),
        (
            standing(FREE, **{**GRACE_RECORD, "grace_until": NOW - 1}),
            {"status": "active"},
            PREMIUM,
            ["thaw_requested", "premium_started"],
        ),
        # what the operator gave: kept by what gives nothing, taken over by what gives Premium
        (standing(PREMIUM), {"status": "incomplete"}, PREMIUM, []),
        (standing(PREMIUM), {"status": "active"}, PREMIUM, ["premium_started"]),
        (
            standing(FREE, gave=PREMIUM, status="active"),
            {"status": "active"},
            PREMIUM,
            ["thaw_requested"],
        ),
    ],
)
def test_what_follows_from_a_change(
    before: Standing, after: dict[str, Any], plan: Plan, messages: list[str] | None
) -> None:
    record = replace(SubscriptionRecord(subscription_id="sub_1", revision=1), **after)
    change = rules.change_after(before, record, now=NOW)
    assert change.plan is plan
    assert change.record == replace(record, plan=rules.plan_of(record, now=NOW))
    if messages is not None:
        assert told(change.announcements) == messages


def test_a_mail_about_the_grace_period_says_when_it_ends() -> None:
    before = standing(PREMIUM, gave=PREMIUM, status="active")
    record = SubscriptionRecord(subscription_id="sub_1", revision=4, **GRACE_RECORD)
    (mail,) = rules.change_after(before, record, now=NOW).announcements
    assert mail.topic == "job_results"
    assert json.loads(mail.body) == {
        "type": "account_notice",
        "version": 1,
        "notice_id": "sub_1:4:payment_failed",
        "user_id": "user",
        "email": "ada@example.org",
        "kind": "payment_failed",
        "until": NOW + DAY,
        "attachment": None,
    }


@pytest.mark.parametrize(
    ("before", "given", "messages"),
    [
        (FREE, PREMIUM, ["thaw_requested"]),
        (PREMIUM, FREE, ["user_archive_requested"]),
        (PREMIUM, PREMIUM, []),
        (FREE, FREE, []),
    ],
)
def test_what_an_operator_gives(before: Plan, given: Plan, messages: list[str]) -> None:
    change = rules.grant(standing(before, status="active", revision=3), given)
    assert (change.plan, change.record.revision, change.record.status) == (given, 4, "active")
    assert told(change.announcements) == messages
