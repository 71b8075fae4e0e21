"""Stripe's callbacks: repeated, shuffled, forged, and cut off anywhere."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import permutations
from typing import Any

import pytest

from gas.billing.errors import NoPaidPlan
from gas.billing.events import HANDLED, Outcome, handle
from gas.billing.ports import Change, Committed, Subscription, TopicName
from gas.billing.rounds import go_round
from gas.errors import InvalidSignature, ServiceUnavailable
from gas.plans import Plan
from gas.testing.billing import GOOD_SIGNATURE
from tests.unit.gas.billing.conftest import ADA, DAY, Counter

BEGAN = ["premium_started", "thaw_requested"]


def test_a_paid_subscription_makes_premium_and_starts_the_thaw(counter: Counter) -> None:
    counter.subscribe()
    assert counter.ada.plan is Plan.FREE
    assert counter.tell(counter.event("checkout.session.completed")) is Outcome.HANDLED
    assert counter.ada.plan is Plan.PREMIUM
    assert counter.told() == BEGAN


@pytest.mark.parametrize("kind", sorted(HANDLED))
def test_every_kind_of_event_leads_to_another_look(counter: Counter, kind: str) -> None:
    counter.subscribe()
    assert counter.tell(counter.event(kind)) is Outcome.HANDLED
    assert counter.ada.plan is Plan.PREMIUM


def test_a_repeated_event_changes_nothing(counter: Counter) -> None:
    counter.subscribe()
    event = counter.event()
    assert counter.tell(event) is Outcome.HANDLED
    before = counter.ada
    assert counter.tell(event) is Outcome.REPEATED
    assert (counter.ada, counter.told()) == (before, BEGAN)


def test_the_order_of_events_does_not_matter(counter: Counter) -> None:
    kinds = [
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.paid",
        "customer.subscription.updated",
    ]
    counter.subscribe()
    first = [counter.event(kind) for kind in kinds]
    for order in permutations(first):
        for event in order:
            counter.tell(replace(event, event_id=f"{event.event_id}-{counter.events}"))
            counter.events += 1
        assert counter.ada.plan is Plan.PREMIUM
    assert counter.told() == BEGAN


def test_an_old_event_does_not_undo_what_is_newer(counter: Counter) -> None:
    counter.subscribe()
    updated = counter.event("customer.subscription.updated")
    counter.turn(status="canceled")
    counter.tell(counter.event("customer.subscription.deleted"))
    counter.tell(updated)
    assert counter.ada.plan is Plan.FREE


def test_what_an_event_claims_is_not_believed(counter: Counter) -> None:
    counter.subscribe(status="incomplete")
    counter.tell(counter.event("checkout.session.completed"))
    assert counter.ada.plan is Plan.FREE
    assert counter.told() == []


def test_from_failure_to_recovery(counter: Counter) -> None:
    counter.subscribe()
    counter.tell()
    counter.clock.advance(30 * DAY)
    counter.turn(status="past_due", current_period_start=counter.clock.now())
    counter.tell(counter.event("invoice.payment_failed"))
    assert counter.ada.plan is Plan.PREMIUM
    assert counter.ada.record.grace_until == counter.clock.now() + 7 * DAY
    counter.clock.advance(3 * DAY)
    counter.turn(status="active")
    counter.tell(counter.event("invoice.paid"))
    assert counter.ada.plan is Plan.PREMIUM
    assert counter.told() == sorted([*BEGAN, "payment_failed", "payment_recovered"])


def test_from_cancelling_to_the_end_and_back(counter: Counter) -> None:
    subscription = counter.subscribe()
    counter.tell()
    counter.turn(ends_at=subscription.current_period_end)
    counter.tell()
    assert counter.ada.plan is Plan.PREMIUM
    counter.turn(status="canceled")
    counter.tell(counter.event("customer.subscription.deleted"))
    assert counter.ada.plan is Plan.FREE
    counter.clock.advance(DAY)
    counter.subscribe()
    counter.tell()
    assert counter.ada.plan is Plan.PREMIUM
    assert counter.told() == sorted(
        [*BEGAN, "premium_will_end", "premium_ended", "user_archive_requested", *BEGAN]
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "payout.paid"},
        {"kind": "invoice.finalized"},
        {"customer_id": ""},
        {"customer_id": "cus_of_somebody_else"},
    ],
)
def test_what_does_not_concern_us_is_acknowledged(
    counter: Counter, changes: dict[str, Any]
) -> None:
    counter.subscribe()
    assert counter.tell(counter.event(**changes)) is Outcome.IGNORED
    assert counter.ada.plan is Plan.FREE


def test_an_event_of_a_deleted_account_is_acknowledged(counter: Counter) -> None:
    counter.subscribe()
    event = counter.event()
    del counter.store.accounts[ADA]
    assert counter.tell(event) is Outcome.IGNORED


def test_forged_events_are_refused(counter: Counter) -> None:
    counter.subscribe()
    body = json.dumps(asdict(counter.event())).encode()
    with pytest.raises(InvalidSignature):
        handle(counter.desk, body, "forged")
    assert counter.ada.plan is Plan.FREE


@pytest.mark.parametrize("ours", [True, False])
def test_test_money_buys_nothing_where_money_is_real(counter: Counter, ours: bool) -> None:
    counter.subscribe()
    counter.payments.live = ours
    with pytest.raises(InvalidSignature):
        counter.tell(counter.event(live=not ours))
    assert counter.ada.plan is Plan.FREE


def test_where_nothing_is_sold_there_are_no_callbacks(counter: Counter) -> None:
    with pytest.raises(NoPaidPlan):
        handle(replace(counter.desk, terminal=None), b"{}", GOOD_SIGNATURE)


def test_while_stripe_is_away_the_event_is_left_for_later(counter: Counter) -> None:
    counter.subscribe()
    event = counter.event()
    counter.payments.down = True
    with pytest.raises(ServiceUnavailable):
        counter.tell(event)
    assert counter.ada.plan is Plan.FREE
    counter.payments.down = False
    assert counter.tell(event) is Outcome.HANDLED
    assert counter.told() == BEGAN


class Crash(BaseException):
    """The process dies: nothing after this runs."""


def crashing(counter: Counter, fatal: int, *, before: bool, patch: pytest.MonkeyPatch) -> None:
    """Let the process die before or after its `fatal`-th call to a neighbour."""
    calls = 0

    def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            counter.steps.append(getattr(call, "__name__", ""))
            if calls == fatal and before:
                raise Crash
            result = call(*args, **kwargs)
            if calls == fatal:
                raise Crash
            return result

        return step

    for thing, names in [
        (counter.payments, ["verify", "subscriptions_of"]),
        (
            counter.store,
            ["user_of", "was_handled", "standing", "commit", "take_unpublished", "mark_published"],
        ),
        *[(topic, ["publish"]) for topic in counter.topics.values()],
    ]:
        for name in names:
            patch.setattr(thing, name, wrapped(getattr(thing, name)))


_STEPS = 12
"""verify, user_of, was_handled, standing, subscriptions_of, commit, take_unpublished; for each of
two messages publish and mark_published; and take_unpublished again."""


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("fatal", range(1, _STEPS + 1))
def test_a_crash_anywhere_is_made_good_by_the_repetition(
    counter: Counter, fatal: int, before: bool
) -> None:
    counter.subscribe()
    event = counter.event()
    with pytest.MonkeyPatch.context() as patch:
        crashing(counter, fatal, before=before, patch=patch)
        with pytest.raises(Crash):
            counter.tell(event)
    counter.tell(event)
    counter.clock.advance(600)
    go_round(counter.desk)
    assert counter.ada.plan is Plan.PREMIUM
    # A message may go out twice, if its publisher died before it noted that; but none is missing.
    assert sorted(set(counter.told())) == BEGAN
    notices = counter.topics[TopicName.JOB_RESULTS].published
    assert len({json.loads(body)["notice_id"] for body in notices}) == 1


def test_the_steps_above_are_all_there_are(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.subscribe()
    event = counter.event()
    crashing(counter, 0, before=True, patch=monkeypatch)
    counter.tell(event)
    assert len(counter.steps) == _STEPS, counter.steps


def test_a_topic_that_is_away_is_told_later(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.subscribe()
    event = counter.event()

    def away(*_: object, **__: object) -> None:
        raise ServiceUnavailable("SNS is away")

    with monkeypatch.context() as patch:
        for topic in counter.topics.values():
            patch.setattr(topic, "publish", away)
        with pytest.raises(ServiceUnavailable):
            counter.tell(event)
    assert counter.ada.plan is Plan.PREMIUM
    assert counter.tell(event) is Outcome.REPEATED
    assert counter.told() == BEGAN


def test_a_burst_of_events_tells_everything_once(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first is publishing, the second has nothing to publish."""
    counter.subscribe()
    first, second = counter.event(), counter.event("invoice.paid")
    topic = counter.topics[TopicName.THAW_REQUESTS]
    publish = topic.publish

    def interrupted(body: str, **attributes: Any) -> None:
        monkeypatch.setattr(topic, "publish", publish)
        assert counter.tell(second) is Outcome.HANDLED
        publish(body, **attributes)

    monkeypatch.setattr(topic, "publish", interrupted)
    counter.tell(first)
    assert counter.told() == BEGAN


def test_of_two_handlers_at_once_the_one_with_old_news_looks_again(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours reads `active`; before it can write, another one reads and writes `canceled`."""
    counter.subscribe()
    ours, theirs = counter.event(), counter.event("customer.subscription.deleted")
    read = counter.payments.subscriptions_of

    def overtaken(customer_id: str) -> list[Subscription]:
        old_news = list(read(customer_id))
        monkeypatch.setattr(counter.payments, "subscriptions_of", read)
        counter.turn(status="canceled")
        assert counter.tell(theirs) is Outcome.HANDLED
        return old_news

    monkeypatch.setattr(counter.payments, "subscriptions_of", overtaken)
    assert counter.tell(ours) is Outcome.HANDLED
    assert counter.ada.plan is Plan.FREE


def test_an_account_that_never_holds_still_is_left_for_later(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.subscribe()
    event = counter.event()

    def stale(user_id: str, change: Change, **_: object) -> Committed:
        return Committed.STALE

    monkeypatch.setattr(counter.store, "commit", stale)
    with pytest.raises(ServiceUnavailable):
        counter.tell(event)
