"""Plans from the operator's hand."""

from gas.billing import outbox, rules
from gas.billing.desk import Billing
from gas.billing.ports import Committed, Standing
from gas.errors import InvalidRequest, NotFound, ServiceUnavailable
from gas.logs import get_logger
from gas.plans import Plan

log = get_logger()

_ATTEMPTS = 5


def find_account(billing: Billing, who: str) -> Standing:
    """The account with this mail address or user id.

    Raises:
        NotFound: there is none.
        InvalidRequest: several have this mail address.
    """
    user_ids = billing.store.users_with_email(who) if "@" in who else [who]
    if len(user_ids) > 1:
        raise InvalidRequest(
            f"Several accounts have the mail address {who}.",
            remedy=f"Name one by its id: {', '.join(user_ids)}.",
        )
    standing = billing.store.standing(user_ids[0]) if user_ids else None
    if standing is None:
        raise NotFound(
            f"There is no account {who}.", remedy="Accounts are made at the first login."
        )
    return standing


def set_plan(billing: Billing, user_id: str, plan: Plan) -> Standing:
    """Give the account `plan`, with everything that a change of plan brings about.

    Archived results start to come back, or results past their time are archived. No mail is sent.
    A subscription that begins or ends later decides again.

    Raises:
        NotFound: there is no such account.
        ServiceUnavailable: the database or a topic cannot be reached. What is committed will be
            published by the next round; repeating the call does no harm.
    """
    for _ in range(_ATTEMPTS):
        standing = billing.require_standing(user_id)
        committed = billing.store.commit(
            user_id,
            rules.grant(standing, plan),
            revision=standing.record.revision,
            at=billing.clock.now(),
        )
        if committed is Committed.DONE:
            log.info("plan_given", user_id=user_id, plan=plan.value)
            outbox.publish(billing, user_id=user_id)
            return billing.require_standing(user_id)
    raise ServiceUnavailable("The account changes too fast to be recorded.")
