"""Making a link: only by the job's owner, and with filters as the explorer writes them."""

from dataclasses import replace

from flask import url_for

from gas.accounts.models import Account
from gas.errors import InvalidRequest
from gas.jobs import Job
from gas.logs import get_logger
from gas.sharing.shares import Wishes
from gas.sharing.tables import Share
from web.annotations.jobs import own_job
from web.explorer.filters import View, parse_query
from web.services import Services
from web.sharing.visits import KEY

log = get_logger()


def share(services: Services, account: Account, job_id: str, wishes: Wishes) -> tuple[Share, str]:
    """A link to the account's own job: the record, and its address, which is told once.

    Raises:
        NotFound, NotAllowed: it is not theirs.
        InvalidRequest: no link can be like that, or there are too many already.
    """
    job = own_job(services, account.user_id, job_id)
    if wishes.query is not None:
        wishes = replace(wishes, query=canonical(wishes.query))
    record, secret = services.sharing.shares.issue(
        account.user_id, job.job_id, wishes, now=services.clock.now()
    )
    log.info("share_made", share_id=record.share_id, job_id=job_id, whole=record.query is None)
    entrance = services.settings.public_url + url_for("shared_entrance.enter")
    return record, f"{entrance}?{KEY}={secret}"


def canonical(query: str) -> str | None:
    """The view without the place in it; None where nothing narrows it down: it is the whole job."""
    view = parse_query(query)
    if not view.filters.active:
        return None
    kept = View(view.filters, view.sort, view.descending, size=view.size, columns=view.columns)
    return kept.query()


def is_view(query: str) -> bool:
    """Whether the explorer understands it."""
    try:
        parse_query(query)
    except InvalidRequest:
        return False
    return True


def usual_name(job: Job) -> str:
    """What a link is called unless its owner says otherwise."""
    return job.input_file_name[:80]
