"""What happens to a subscription later: cancelled, failed, recovered, lapsed; on a test clock."""

from gas.billing.rounds import go_round
from gas.plans import Plan
from tests.integration.billing.conftest import Counter, Person

DAY = 24 * 3600
HOUR = 3600
BEGAN = ["premium_started", "thaw_requested"]
ENDED = ["premium_ended", "user_archive_requested"]
FAILS_LATER = "4000 0000 0000 0341"


def premium_on_a_clock(counter: Counter, card: str = "4242 4242 4242 4242") -> tuple[Person, str]:
    """Somebody who has just bought Premium, and whose time can be made to pass."""
    person, clock = counter.person_on_a_clock()
    person.upgrade(card)
    person.wait_for(Plan.PREMIUM, status="active")
    return person, clock


def renewal(counter: Counter, person: Person) -> int:
    """Seconds until the payment of the renewal has been tried."""
    end = person.standing.record.current_period_end
    assert end is not None
    return end - counter.shop.clock.now() + HOUR + 60


def test_it_renews_itself(counter: Counter) -> None:
    ada, clock = premium_on_a_clock(counter)
    end = ada.standing.record.current_period_end
    assert end is not None
    counter.pass_time(clock, renewal(counter, ada))
    ada.log_in()
    ada.wait_for(Plan.PREMIUM, status="active", past_due_since=None)
    assert (ada.standing.record.current_period_end or 0) > end
    assert len(ada.document()["invoices"]) == 2
    counter.shop.wait_told(*BEGAN)


def test_cancelled_in_the_portal_it_ends_with_the_period(counter: Counter) -> None:
    ada, clock = premium_on_a_clock(counter)
    end = ada.standing.record.current_period_end
    portal = ada.portal()
    counter.stripe.send(portal, action="cancel_at_period_end")
    ada.wait_for(Plan.PREMIUM, ends_at=end)
    document = ada.document()
    assert (document["payment_state"], document["renews_at"]) == ("ending", None)
    counter.stripe.send(portal, action="resume")
    ada.wait_for(Plan.PREMIUM, ends_at=None)
    counter.stripe.send(portal, action="cancel_at_period_end")
    ada.wait_for(Plan.PREMIUM, ends_at=end)
    counter.pass_time(clock, renewal(counter, ada))
    ada.wait_for(Plan.FREE, status="canceled")
    counter.shop.wait_told(*BEGAN, "premium_will_end", "premium_will_end", *ENDED)
    ada.log_in()
    assert ada.document()["payment_state"] == "free"
    ada.upgrade()
    ada.wait_for(Plan.PREMIUM, status="active")


def test_cancelled_now_it_ends_now(counter: Counter) -> None:
    ada = counter.person()
    ada.upgrade()
    ada.wait_for(Plan.PREMIUM)
    counter.stripe.send(ada.portal(), action="cancel_now")
    ada.wait_for(Plan.FREE, status="canceled")
    counter.shop.wait_told(*BEGAN, *ENDED)


def failed(counter: Counter) -> tuple[Person, str]:
    """Somebody whose renewal could not be paid."""
    ada, clock = premium_on_a_clock(counter, FAILS_LATER)
    counter.pass_time(clock, renewal(counter, ada))
    ada.wait_for(Plan.PREMIUM, status="past_due")
    ada.log_in()
    counter.shop.wait_told(*BEGAN, "payment_failed")
    counter.shop.settle()
    return ada, clock


def test_a_failed_payment_is_put_right_in_the_grace_period(counter: Counter) -> None:
    ada, clock = failed(counter)
    document = ada.document()
    assert document["payment_state"] == "past_due"
    assert document["pay_until"]
    assert "Put the payment right" in ada.browser.get("/billing").text
    counter.stripe.enter_card(f"{ada.portal()}/card", "4242 4242 4242 4242")
    counter.pass_time(clock, 3 * DAY + HOUR)  # the payment is tried again
    ada.wait_for(Plan.PREMIUM, status="active", grace_until=None)
    counter.shop.wait_told(*BEGAN, "payment_failed", "payment_recovered")
    assert go_round(counter.shop.billing) == 0


def test_grace_ends_although_nobody_says_so(counter: Counter) -> None:
    ada, _ = failed(counter)
    since = ada.standing.record.past_due_since
    assert since is not None
    # Stripe's own clock, which says since when, may be ahead of ours or behind.
    assert abs(counter.shop.clock.now() - since) < 2 * HOUR, "from the first failure on"
    counter.shop.deaf = True
    counter.shop.clock.advance(since + 7 * DAY - HOUR - counter.shop.clock.now())
    assert go_round(counter.shop.billing) == 0
    counter.shop.clock.advance(HOUR + 60)
    assert go_round(counter.shop.billing) == 1
    assert ada.standing.plan is Plan.FREE
    counter.shop.wait_told(*BEGAN, "payment_failed", *ENDED)


def test_who_pays_after_the_grace_period_gets_premium_back(counter: Counter) -> None:
    ada, _ = failed(counter)
    counter.shop.clock.advance(8 * DAY)
    go_round(counter.shop.billing)
    ada.log_in()
    assert ada.document()["payment_state"] == "unpaid"
    assert 'id="upgrade"' not in ada.browser.get("/billing").text, "it would cost twice"
    counter.stripe.enter_card(f"{ada.portal()}/card", "4242 4242 4242 4242")
    (invoice,) = [i for i in ada.document()["invoices"] if i["invoice_status"] == "open"]
    counter.stripe.send(invoice["url"], **{"with": "card_on_file"})
    ada.wait_for(Plan.PREMIUM, status="active")


def test_stripe_gives_up_in_the_end(counter: Counter) -> None:
    ada, clock = failed(counter)
    for _ in range(4):
        counter.pass_time(clock, 8 * DAY)
    ada.wait_for(Plan.FREE, status="canceled")
    counter.shop.wait_told(*BEGAN, "payment_failed", *ENDED)
    assert go_round(counter.shop.billing) == 0
