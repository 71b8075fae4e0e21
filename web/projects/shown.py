"""What a job's page says of whom the job is shown to."""

from collections.abc import Sequence
from dataclasses import dataclass

from gas.access import Reading
from gas.accounts.models import Account
from gas.sharing.projects import Seen
from web.services import Services


@dataclass(frozen=True)
class SharedWith:
    """Whose job it is, and where it is shown besides."""

    owner_name: str
    holding: Sequence[Seen]
    """The reader's projects that hold it."""
    others: Sequence[Seen]
    """Projects into which the reader, if the job is theirs, could put it."""
    links: int
    """Links that work, if the reader is the owner."""


def shared_with(services: Services, account: Account, reading: Reading) -> SharedWith:
    """As the account sees it."""
    job, sharing = reading.job, services.sharing
    mine = sharing.projects.of_user(account.user_id)
    holding = sharing.contents.holding([each.project_id for each in mine], job.job_id)
    owner = account if reading.own else services.accounts.get(job.user_id)
    links = sharing.shares.of_job(job.user_id, job.job_id, now=services.clock.now())
    live = [each for each in links if each.is_live(services.clock.now())]
    return SharedWith(
        owner_name=owner.name if owner else "",
        holding=[each for each in mine if each.project_id in holding],
        others=[
            each for each in mine if reading.own and each.may_add and each.project_id not in holding
        ],
        links=len(live) if reading.own else 0,
    )
