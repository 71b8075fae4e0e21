"""Tells the other services what was decided: at least once, in order, after it is committed."""

from gas.billing.desk import Billing
from gas.logs import get_logger

log = get_logger()

_BATCH = 100


def publish(billing: Billing, *, user_id: str | None = None) -> int:
    """Publish what waits, of one account or of all; how many there were.

    What was published and not marked (a crash in between) is published again: readers of these
    messages read the plan, and mails have an id of their own.

    Raises:
        ServiceUnavailable: the rest stays for the next time.
    """
    published = 0
    while rows := billing.store.unpublished(user_id=user_id, limit=_BATCH):
        for row in rows:
            billing.topics[row.topic].publish(row.body, attributes={})
            billing.store.mark_published([row.row_id], at=billing.clock.now())
            log.info("told", topic=row.topic.value, outbox_id=row.row_id)
        published += len(rows)
    return published
