"""The one way by which pages, links and the API come to a job: `gas.access` decides who may."""

from gas import access
from gas.access import Reading, Right, Viewer
from gas.accounts.models import Account
from gas.jobs import Job
from gas.plans import Plan
from web.services import Services


def permitted(services: Services, user_id: str, job_id: str, right: Right) -> Job:
    """The job, if somebody who is logged in may do this with it.

    Raises:
        NotFound: there is none, it was deleted, or it is no business of theirs: the answer is the
            same.
        NotAllowed: they may see it, but not do this.
    """
    job = services.jobs.get(job_id)
    viewer = services.sharing.viewer(user_id, job_id, job.user_id if job else None)
    return access.permit(job, viewer, right, services.clock.now())


def read(services: Services, account: Account, job_id: str, right: Right = Right.SEE) -> Reading:
    """The job, as somebody who is logged in may see it. Raises as `permitted`."""
    job = services.jobs.get(job_id)
    viewer = services.sharing.viewer(account.user_id, job_id, job.user_id if job else None)
    own = job is None or job.user_id == account.user_id
    owner = account if own or job is None else services.accounts.get(job.user_id)
    return read_as(services, job, viewer, owner, right)


def read_as(
    services: Services, job: Job | None, viewer: Viewer, owner: Account | None, right: Right
) -> Reading:
    """The job as `viewer` may see it; `owner` is its owner's account. Raises as `permitted`."""
    plan = owner.plan if owner else Plan.FREE
    # With the account go its jobs, even before they are erased.
    found = job if owner else None
    return access.read(found, viewer, right, plan=plan, now=services.clock.now())
