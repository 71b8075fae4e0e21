"""A user's plan has ended: have every job of theirs looked at."""

from archiver.archive import PlanOf
from gas.jobs import ResultsState
from gas.logs import bound, get_logger
from gas.messages import ArchiveRequested, UserArchiveRequested
from gas.plans import terms_of
from gas.ports import Clock, JobStore, Topic
from gas.worker import Delivery, Done, Later, Outcome

log = get_logger()

_PAGE = 100
_CLOCKS_DIFFER = 300
"""By so many seconds another machine's clock may be ahead of ours."""
_TO_LOOK_AT = frozenset(
    # The last two, because the index may tell of the past: the archiver reads the job itself.
    {ResultsState.AVAILABLE, ResultsState.ARCHIVING, ResultsState.RESTORING}
)


class RequestForAll:
    """Publishes one request for each job whose time is over."""

    def __init__(self, *, jobs: JobStore, requests: Topic, plan_of: PlanOf, clock: Clock) -> None:
        self._jobs = jobs
        self._requests = requests
        self._plan_of = plan_of
        self._clock = clock

    def __call__(self, request: UserArchiveRequested, delivery: Delivery) -> Outcome:
        with bound(user_id=request.user_id):
            if terms_of(self._plan_of(request.user_id)).keeps_results:
                log.info("premium_again")
                return Done()
            cursor: str | None = None
            count = 0
            while not delivery.stopping.is_set():
                page = self._jobs.list_for_user(request.user_id, limit=_PAGE, cursor=cursor)
                for job in page.jobs:
                    # Those whose time is not over have a clock that runs. It may have rung by
                    # another machine's time; one asked for too early comes back when it is due.
                    if job.results_state in _TO_LOOK_AT and self._is_due(job.archive_at):
                        self._request(job.job_id, request.user_id)
                        count += 1
                cursor = page.next_cursor
                if cursor is None:
                    log.info("archiving_requested_for_all", jobs=count)
                    return Done()
            return Later(0)

    def _is_due(self, archive_at: int | None) -> bool:
        return archive_at is not None and archive_at <= self._clock.now() + _CLOCKS_DIFFER

    def _request(self, job_id: str, user_id: str) -> None:
        message = ArchiveRequested(job_id=job_id, user_id=user_id)
        self._requests.publish(
            message.to_json(), attributes={"type": message.type, "job_id": job_id}
        )
