"""Tells the other services what was decided: at least once, in order, after it is committed."""

from gas.billing.desk import Billing
from gas.errors import ServiceUnavailable
from gas.logs import get_logger

log = get_logger()

_BATCH = 100
_HOLD_SECONDS = 120
"""Longer than a batch takes. Who dies in between leaves its messages to the next round."""


def publish(billing: Billing, *, user_id: str | None = None) -> int:
    """Publish what waits, of one account or of all; how many there were.

    What somebody else is publishing just now is left to them: events come in bursts, and each
    mail is to go out once. Still, what was published and not marked (a crash in between) is
    published again; readers of the other messages read the plan.

    Raises:
        ServiceUnavailable: the rest stays for the next time.
    """
    published = 0
    while rows := billing.store.take_unpublished(
        user_id=user_id, now=billing.clock.now(), hold_seconds=_HOLD_SECONDS, limit=_BATCH
    ):
        for place, row in enumerate(rows):
            try:
                billing.topics[row.topic].publish(row.body, attributes={})
            except ServiceUnavailable:
                billing.store.put_back([left.row_id for left in rows[place:]])
                raise
            billing.store.mark_published([row.row_id], at=billing.clock.now())
            log.info("told", topic=row.topic.value, outbox_id=row.row_id)
        published += len(rows)
    return published
