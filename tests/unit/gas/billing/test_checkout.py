"""To Stripe and back: one customer, one page, no second subscription."""

from dataclasses import replace

import pytest

from gas.accounts.models import Account
from gas.billing.checkout import close_customer, has_paid, open_portal, start_checkout
from gas.billing.errors import AlreadyPremium, NoPaidPlan, NotACustomer, PaymentPending
from gas.billing.grants import set_plan
from gas.billing.ports import Checkout
from gas.errors import NotFound, ServiceUnavailable
from gas.plans import Plan
from tests.unit.gas.billing.conftest import ADA, DAY, URLS, Counter


def begin(counter: Counter) -> str:
    return start_checkout(counter.desk, ADA, URLS)


def test_the_customer_is_the_account(counter: Counter) -> None:
    begin(counter)
    assert counter.payments.customers == {
        counter.customer: {"user_id": ADA, "name": "Ada", "email": "ada@example.org"}
    }


def test_a_second_click_leads_to_the_same_page(counter: Counter) -> None:
    first = begin(counter)
    counter.clock.advance(5 * 3600)
    assert begin(counter) == first
    assert len(counter.payments.customers) == len(counter.payments.checkouts) == 1


def test_two_clicks_at_once_make_one_page(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins when the first has recorded nothing yet."""
    standing = counter.ada
    with monkeypatch.context() as patch:
        patch.setattr(counter.store, "standing", lambda user_id: standing)
        first, second = begin(counter), begin(counter)
    assert first == second
    assert len(counter.payments.customers) == len(counter.payments.checkouts) == 1


def test_an_expired_page_is_replaced(counter: Counter) -> None:
    first = begin(counter)
    checkout_id = counter.ada.record.checkout_id
    assert checkout_id is not None
    counter.payments.checkouts[checkout_id] = Checkout(checkout_id, "expired")
    assert begin(counter) != first
    assert len(counter.payments.customers) == 1


def test_a_page_that_stripe_forgot_is_replaced(counter: Counter) -> None:
    first = begin(counter)
    counter.payments.checkouts.clear()
    assert begin(counter) != first


def test_who_has_paid_does_not_pay_again_while_the_callback_is_on_its_way(
    counter: Counter,
) -> None:
    counter.subscribe()
    with pytest.raises(PaymentPending):
        begin(counter)
    assert has_paid(counter.desk, ADA)
    assert counter.ada.plan is Plan.FREE, "looking gives nothing"


@pytest.mark.parametrize("status", ["active", "trialing", "past_due"])
def test_premium_is_not_sold_twice(counter: Counter, status: str) -> None:
    counter.subscribe(status=status)
    counter.tell()
    with pytest.raises(AlreadyPremium):
        begin(counter)


def test_an_unpaid_subscription_is_put_right_instead(counter: Counter) -> None:
    counter.subscribe(status="unpaid")
    counter.tell()
    assert counter.ada.plan is Plan.FREE
    with pytest.raises(AlreadyPremium):
        begin(counter)


def test_premium_is_not_sold_to_whom_it_was_given(counter: Counter) -> None:
    set_plan(counter.desk, ADA, Plan.PREMIUM)
    with pytest.raises(AlreadyPremium):
        begin(counter)


def test_who_had_premium_can_buy_it_again(counter: Counter) -> None:
    first = begin(counter)
    counter.subscribe()
    counter.tell()
    counter.turn(status="canceled")
    counter.tell()
    again = begin(counter)
    assert again != first
    assert len(counter.payments.customers) == 1


def test_a_customer_who_was_deleted_at_stripe_is_made_anew(counter: Counter) -> None:
    begin(counter)
    old = counter.customer
    counter.payments.delete_customer(old)
    counter.payments.checkouts.clear()
    assert begin(counter)
    assert counter.customer != old


def test_an_account_that_comes_back_gets_a_customer_of_its_own(counter: Counter) -> None:
    """Erased and made anew under the same id, while Stripe still remembers the key."""
    begin(counter)
    close_customer(counter.desk, ADA)
    from datetime import UTC, datetime

    account = Account(user_id=ADA, name="Ada", email="ada@example.org", plan=Plan.FREE)
    account.created_at = datetime.fromtimestamp(counter.clock.now(), UTC)
    fresh = type(counter.store)({ADA: account})
    start_checkout(replace(counter.desk, store=fresh), ADA, URLS)
    standing = fresh.standing(ADA)
    assert standing is not None
    assert standing.record.customer_id in counter.payments.customers


def test_the_portal_is_for_customers(counter: Counter) -> None:
    with pytest.raises(NotACustomer):
        open_portal(counter.desk, ADA, return_url=URLS.cancel)
    counter.subscribe()
    assert counter.customer in open_portal(counter.desk, ADA, return_url=URLS.cancel)
    counter.payments.delete_customer(counter.customer)
    with pytest.raises(NotACustomer):
        open_portal(counter.desk, ADA, return_url=URLS.cancel)


def test_nothing_is_sold_without_a_payment_service(counter: Counter) -> None:
    desk = replace(counter.desk, terminal=None)
    with pytest.raises(NoPaidPlan):
        start_checkout(desk, ADA, URLS)
    with pytest.raises(NoPaidPlan):
        open_portal(desk, ADA, return_url=URLS.cancel)
    assert not has_paid(desk, ADA)


def test_strangers_have_no_plan(counter: Counter) -> None:
    with pytest.raises(NotFound):
        start_checkout(counter.desk, "nobody", URLS)


def test_while_stripe_is_away_nothing_is_recorded(counter: Counter) -> None:
    counter.payments.down = True
    with pytest.raises(ServiceUnavailable):
        begin(counter)
    assert counter.ada.record.customer_id is None


def test_deleting_an_account_ends_the_subscription(counter: Counter) -> None:
    close_customer(counter.desk, ADA)  # never paid: nothing to do
    counter.subscribe()
    customer = counter.customer
    for _ in range(2):
        close_customer(counter.desk, ADA)
    assert customer not in counter.payments.customers
    close_customer(counter.desk, "nobody")


def test_an_open_page_does_not_count_as_paid(counter: Counter) -> None:
    begin(counter)
    counter.clock.advance(DAY)
    assert not has_paid(counter.desk, ADA)
