"""What no event brings about: the end of a grace period, messages that got stuck, the operator."""

import json
import threading

import pytest

from gas.billing import set_plan as command
from gas.billing.errors import PaymentRefused
from gas.billing.grants import set_plan
from gas.billing.keeper import RoundKeeper
from gas.billing.ports import Announcement, Change, TopicName
from gas.billing.rounds import go_round, look_after
from gas.errors import NotFound, ServiceUnavailable
from gas.plans import Plan
from tests.unit.gas.billing.conftest import ADA, DAY, Counter


@pytest.fixture
def in_grace(counter: Counter) -> Counter:
    """Ada's payment has just failed."""
    counter.subscribe()
    counter.tell()
    counter.turn(status="past_due")
    counter.tell(counter.event("invoice.payment_failed"))
    for topic in counter.topics.values():
        topic.published.clear()
    return counter


@pytest.mark.parametrize(
    ("days", "plan"), [(0, Plan.PREMIUM), (6.99, Plan.PREMIUM), (7, Plan.FREE), (30, Plan.FREE)]
)
def test_the_grace_period_ends_without_any_event(
    in_grace: Counter, days: float, plan: Plan
) -> None:
    in_grace.clock.advance(int(days * DAY))
    go_round(in_grace.desk)
    assert in_grace.ada.plan is plan
    ended = ["premium_ended", "user_archive_requested"]
    assert in_grace.told() == ([] if plan is Plan.PREMIUM else ended)


def test_it_ends_once(in_grace: Counter) -> None:
    in_grace.clock.advance(8 * DAY)
    assert [go_round(in_grace.desk) for _ in range(3)] == [1, 0, 0]
    assert in_grace.told() == ["premium_ended", "user_archive_requested"]


def test_a_later_event_does_not_end_it_again(in_grace: Counter) -> None:
    in_grace.clock.advance(8 * DAY)
    go_round(in_grace.desk)
    in_grace.turn(status="unpaid")
    in_grace.tell()
    assert in_grace.told() == ["premium_ended", "user_archive_requested"]


def test_an_event_that_comes_before_the_round_ends_it_as_well(in_grace: Counter) -> None:
    in_grace.clock.advance(8 * DAY)
    in_grace.turn(status="canceled")
    in_grace.tell(in_grace.event("customer.subscription.deleted"))
    assert go_round(in_grace.desk) == 0
    assert in_grace.told() == ["premium_ended", "user_archive_requested"]


def test_who_pays_after_the_grace_period_has_premium_again(in_grace: Counter) -> None:
    in_grace.clock.advance(8 * DAY)
    go_round(in_grace.desk)
    in_grace.turn(status="active")
    in_grace.tell(in_grace.event("invoice.paid"))
    assert in_grace.ada.plan is Plan.PREMIUM
    assert "thaw_requested" in in_grace.told()


def test_who_looks_at_the_plan_sees_the_end_at_once(in_grace: Counter) -> None:
    in_grace.clock.advance(8 * DAY)
    look_after(in_grace.desk, ADA)
    assert in_grace.ada.plan is Plan.FREE


def test_a_payment_in_between_wins_over_the_round(
    in_grace: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round has decided; before it writes, the payment is told."""
    in_grace.clock.advance(8 * DAY)
    commit = in_grace.store.commit

    def late(*args: object, **kwargs: object) -> object:
        monkeypatch.setattr(in_grace.store, "commit", commit)
        in_grace.turn(status="active")
        in_grace.tell(in_grace.event("invoice.paid"))
        return commit(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(in_grace.store, "commit", late)
    go_round(in_grace.desk)
    assert in_grace.ada.plan is Plan.PREMIUM


def test_who_has_paid_keeps_premium_although_the_event_is_late(in_grace: Counter) -> None:
    """We were down when the payment arrived; Stripe's next attempt to tell us is hours away."""
    in_grace.clock.advance(6 * DAY)
    in_grace.turn(status="active", current_period_end=in_grace.clock.now() + 24 * DAY)
    in_grace.clock.advance(DAY)
    assert go_round(in_grace.desk) == 0
    assert in_grace.ada.plan is Plan.PREMIUM
    assert in_grace.told() == ["payment_recovered"]
    in_grace.tell(in_grace.event("invoice.paid"))
    assert go_round(in_grace.desk) == 0
    assert in_grace.told() == ["payment_recovered"]


def test_an_outage_of_stripe_ends_nothing_and_keeps_nothing_back(in_grace: Counter) -> None:
    in_grace.clock.advance(7 * DAY)
    in_grace.payments.down = True
    in_grace.store.commit(
        ADA,
        Change(Plan.PREMIUM, in_grace.ada.record, [Announcement(TopicName.JOB_RESULTS, "{}")]),
        revision=in_grace.ada.record.revision,
        at=in_grace.clock.now(),
    )
    assert go_round(in_grace.desk) == 0
    assert in_grace.ada.plan is Plan.PREMIUM
    assert in_grace.topics[TopicName.JOB_RESULTS].published == ["{}"]
    in_grace.payments.down = False
    assert go_round(in_grace.desk) == 1
    assert in_grace.ada.plan is Plan.FREE


def test_a_subscription_that_cannot_be_read_ends_all_the_same(
    in_grace: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(customer_id: str) -> None:
        raise PaymentRefused("no")

    in_grace.clock.advance(7 * DAY)
    monkeypatch.setattr(in_grace.payments, "subscriptions_of", refused)
    look_after(in_grace.desk, ADA)
    assert in_grace.ada.plan is Plan.FREE


@pytest.mark.parametrize(
    ("changes", "plan"),
    [
        ({"status": "canceled"}, Plan.FREE),
        ({"status": "unpaid"}, Plan.FREE),
        ({"status": "past_due"}, Plan.PREMIUM),
        ({"status": "active"}, Plan.PREMIUM),
    ],
)
def test_an_end_of_which_no_event_came_is_asked_for(
    counter: Counter, changes: dict[str, str], plan: Plan
) -> None:
    """We were down for longer than Stripe repeats its events."""
    counter.subscribe()
    counter.tell()
    counter.clock.advance(30 * DAY)
    counter.turn(**changes)
    go_round(counter.desk)
    assert counter.ada.plan is Plan.PREMIUM, "the event may be on its way"
    counter.clock.advance(DAY)
    go_round(counter.desk)
    assert counter.ada.plan is plan
    assert ("user_archive_requested" in counter.told()) is (plan is Plan.FREE)


def test_stripe_is_not_asked_in_every_round(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.subscribe()
    counter.tell()
    counter.clock.advance(31 * DAY)
    asked = []
    answer = counter.payments.subscriptions_of

    def count(customer_id: str) -> object:
        asked.append(customer_id)
        return answer(customer_id)

    monkeypatch.setattr(counter.payments, "subscriptions_of", count)
    for _ in range(12):  # an hour of rounds
        go_round(counter.desk)
        counter.clock.advance(300)
    assert len(asked) == 1


def test_what_got_stuck_is_told_by_the_round(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ServiceUnavailable("SNS is away")

    with monkeypatch.context() as patch:
        for topic in counter.topics.values():
            patch.setattr(topic, "publish", away)
        with pytest.raises(ServiceUnavailable):
            set_plan(counter.desk, ADA, Plan.PREMIUM)
        look_after(counter.desk, ADA)  # an outage does not break the page
    assert counter.told() == []
    go_round(counter.desk)
    assert counter.told() == ["thaw_requested"]


def test_old_events_and_messages_are_forgotten(counter: Counter) -> None:
    counter.subscribe()
    event = counter.event()
    counter.tell(event)
    counter.clock.advance(59 * DAY)
    go_round(counter.desk)
    assert counter.store.was_handled(event.event_id)
    counter.clock.advance(2 * DAY)
    go_round(counter.desk)
    assert not counter.store.was_handled(event.event_id)


def test_the_rounds_go_on_after_an_outage_and_after_a_fault(
    in_grace: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_grace.clock.advance(8 * DAY)
    lapsed = in_grace.store.lapsed
    faults: list[Exception] = [RuntimeError("a bad row"), ServiceUnavailable("away")]
    done = threading.Event()

    def trouble(**kwargs: int) -> object:
        if faults:
            raise faults.pop()
        found = lapsed(**kwargs)
        if not found:
            done.set()
        return found

    monkeypatch.setattr(in_grace.store, "lapsed", trouble)
    keeper = RoundKeeper(in_grace.desk, first=0, every=0.001)
    keeper.start()
    assert done.wait(10)
    keeper.stop()
    assert in_grace.ada.plan is Plan.FREE


def test_the_operator_gives_and_takes(counter: Counter) -> None:
    assert set_plan(counter.desk, ADA, Plan.PREMIUM).plan is Plan.PREMIUM
    assert counter.told() == ["thaw_requested"]
    set_plan(counter.desk, ADA, Plan.PREMIUM)
    assert counter.told() == ["thaw_requested"]
    assert set_plan(counter.desk, ADA, Plan.FREE).plan is Plan.FREE
    (body,) = counter.topics["archive_requests"].published  # type: ignore[index]
    assert json.loads(body) == {"type": "user_archive_requested", "version": 1, "user_id": ADA}


def test_nobody_gets_no_plan(counter: Counter) -> None:
    with pytest.raises(NotFound):
        set_plan(counter.desk, "nobody", Plan.PREMIUM)


@pytest.mark.parametrize("who", [ADA, "ada@example.org", "Ada@Example.org"])
def test_the_command_takes_an_id_or_an_address(
    counter: Counter, who: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([who, "premium"], counter.desk) == 0
    assert capsys.readouterr().out.endswith(f"ada@example.org ({ADA}): premium\n")
    assert counter.ada.plan is Plan.PREMIUM


def test_the_command_says_what_is_wrong(
    counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["ben@example.org", "premium"], counter.desk) == 1
    assert "There is no account ben@example.org." in capsys.readouterr().err
    counter.store.accounts["twin"] = counter.store.accounts[ADA]
    assert command.main(["ada@example.org", "premium"], counter.desk) == 1
    assert f"{ADA}, twin" in capsys.readouterr().err
    assert counter.ada.plan is Plan.FREE
