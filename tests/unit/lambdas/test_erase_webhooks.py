"""Erasing an account forgets its webhooks."""

from gas.testing.webhooks import MemoryDeliveryQueue
from gas.webhooks.desk import Owner, WebhookDesk, Wishes
from gas.webhooks.models import CHOOSABLE
from tests.support.jobs import USER
from tests.unit.lambdas.test_erase_account import Rooms


def test_endpoints_and_their_logs_go_but_not_those_of_a_new_account() -> None:
    rooms = Rooms()
    owner = Owner(USER, "ada@example.org")
    desk = WebhookDesk(
        rooms.webhooks, MemoryDeliveryQueue(), rooms.clock, public_url="", allow_loopback=False
    )
    wishes = Wishes("https://hooks.example.org/", CHOOSABLE)
    old = desk.create(owner, wishes)
    desk.ping(USER, old.endpoint_id)
    rooms.clock.advance(60)
    new = desk.create(owner, wishes)
    rooms.erase()
    assert list(desk.list(USER)) == [new]
    assert rooms.webhooks.deliveries(USER, old.endpoint_id, limit=5).deliveries == []
