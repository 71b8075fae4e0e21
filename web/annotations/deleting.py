"""Deleting a job: at once for its user, durably for everybody else.

The job is marked first; from then on no page, list or link shows it, and no worker can start or
complete it. Then the request to erase it is published. Should we die in between, the sweeper
finds the mark.
"""

from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.messages import JobErasureRequested
from web.annotations.jobs import own_job
from web.services import Services

log = get_logger()


def delete(services: Services, user_id: str, job_id: str) -> None:
    """Delete the user's job with its input, its results and what of them is in the archive.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    job = own_job(services, user_id, job_id)
    marked = services.deletions.begin_deleting(job_id, user_id=user_id, at=services.clock.now())
    if marked is None:  # somebody was faster, which is as good
        return
    log.info(
        "job_deleted",
        job_id=job_id,
        user_id=user_id,
        was=job.job_status,
        results_were=job.results_state,
    )
    services.tables.forget(job_id)
    _forget_shares(services, job_id)
    request = JobErasureRequested(job_id=job_id, user_id=user_id)
    try:
        services.erasures.publish(
            request.to_json(), attributes={"type": request.type, "job_id": job_id}
        )
    except ServiceUnavailable as error:
        # It is deleted all the same: the sweeper asks again.
        log.warning("erasure_not_requested", job_id=job_id, reason=error.message)


def _forget_shares(services: Services, job_id: str) -> None:
    """Links to the job lead nowhere from the moment it is marked; now they go, too."""
    try:
        services.sharing.forget_job(job_id)
    except ServiceUnavailable as error:
        log.warning("shares_not_forgotten", job_id=job_id, reason=error.message)
