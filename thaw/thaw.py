"""The life of a thaw request: ask for everything that is cold, look until it is back, tell.

A request for a user stays in its queue, and is delivered again and again, until nothing of theirs
is cold any more; so whatever dies or fails on the way, the next look goes on. A request that names
a job sees to that job and makes sure that somebody looks after the user.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from gas.accounts.models import Account
from gas.accounts.store import AccountStore
from gas.accounts.thaws import ThawStore
from gas.errors import CapacityLacking, NotFound, ServiceUnavailable
from gas.jobs import Job, ResultsState
from gas.ledger import ResultsLedger
from gas.logs import bound, get_logger
from gas.messages import PremiumSweepRequested, ResultsRestored, ThawRequested, one_of
from gas.plans import terms_of
from gas.ports import Clock, JobStore, Topic
from gas.worker import Delivery, Done, Later, Outcome
from thaw.retrievals import Retrievals

log = get_logger()

_PAGE = 100
_SWEEP_PAGE = 200
_INDEX_LAG = 5
"""Seconds after which the index of archives shows what was written before."""
_LOOKS_MISSED = 3
"""A user whom nobody has looked at for so many looks is looked after by nobody."""

_COLD = frozenset({ResultsState.ARCHIVING, ResultsState.ARCHIVED, ResultsState.RESTORING})
_UNFINISHED = frozenset({ResultsState.RESTORING})
"""What a user who is no longer Premium still gets back: it is neither here nor there otherwise."""


class ThawResults:
    """The handler of the thaw requests queue."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        thaws: ThawStore,
        jobs: JobStore,
        ledger: ResultsLedger,
        retrievals: Retrievals,
        requests: Topic,
        announcements: Topic,
        clock: Clock,
        look_seconds: int,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._accounts = accounts
        self._thaws = thaws
        self._jobs = jobs
        self._ledger = ledger
        self._retrievals = retrievals
        self._requests = requests
        self._announcements = announcements
        self._clock = clock
        self._look_seconds = look_seconds
        self._pool = pool

    def __call__(self, delivery: Delivery) -> Outcome:
        request = one_of(delivery.body, ThawRequested, PremiumSweepRequested)
        try:
            if isinstance(request, PremiumSweepRequested):
                return self._sweep(request)
            with bound(user_id=request.user_id):
                account = self._accounts.get(request.user_id)
                if account is None:
                    log.info("nobody_to_thaw_for")
                    return Done()
                if request.job_id is None:
                    return self._look(account, delivery)
                with bound(job_id=request.job_id):
                    return self._see_to(account, request.job_id)
        except ServiceUnavailable as error:
            # Not the worker's growing pauses: an outage must not put off the next look for long.
            log.warning("look_postponed", error=error.message, cause=repr(error.__cause__))
            return Later(self._look_seconds)

    def _see_to(self, account: Account, job_id: str) -> Outcome:
        """See to one job, and have somebody look after it until it is back."""
        job = self._jobs.get(job_id)
        if job is None or job.user_id != account.user_id:
            log.warning("no_such_job")
            return Done()
        if job.results_state not in _to_thaw(account):
            return Done()
        # Before anything is asked for: it may be back sooner than we are here again.
        now = self._clock.now()
        since = now - _LOOKS_MISSED * self._look_seconds
        if not self._thaws.looked_after(account.user_id, since=since):
            self._request(account.user_id)
            self._thaws.note_cold(account.user_id, jobs=1, now=now)
        seen_to = self._see_to_safely(job, at_once=True)
        return Done() if seen_to else Later(self._look_seconds)

    def _look(self, account: Account, delivery: Delivery) -> Outcome:
        """See to everything of a user; done when nothing is cold."""
        states, cold = _to_thaw(account), 0
        for listed in self._pages(account.user_id):
            if delivery.stopping.is_set():
                return Later(0)
            away = [job for job in listed if job.results_state in states]
            due = [job for job in away if self._retrievals.due(job)]
            jobs = self._read(due, states)
            cold += len(away) - len(due) + len(jobs)
            now = self._clock.now()
            if not jobs:
                self._thaws.touch(account.user_id, jobs=cold, now=now)
                continue
            # Before anything is asked for: it may be back sooner than we are here again.
            self._thaws.note_cold(account.user_id, jobs=cold, now=now)
            if not all(self._pool.map(self._see_to_safely, jobs)):
                log.warning("look_cut_short", seen=cold)
                return Later(self._look_seconds)
        log.info("looked", cold=cold)
        if cold:
            return Later(self._look_seconds)
        if delivery.receive_count == 1:
            return Later(_INDEX_LAG)
        self._finish(account)
        return Done()

    def _pages(self, user_id: str) -> Iterator[Sequence[Job]]:
        cursor: str | None = None
        while True:
            page = self._ledger.list_cold(user_id, limit=_PAGE, cursor=cursor)
            yield page.jobs
            cursor = page.next_cursor
            if cursor is None:
                return

    def _read(self, due: Sequence[Job], states: frozenset[ResultsState]) -> Sequence[Job]:
        """These jobs as they are now, those in `states`; the index may tell of the past."""
        found = self._pool.map(self._jobs.get, [job.job_id for job in due])
        return [job for job in found if job is not None and job.results_state in states]

    def _see_to_safely(self, job: Job, *, at_once: bool = False) -> bool:
        """See to a job. False when cold storage is away, so that it is no use going on."""
        with bound(job_id=job.job_id, user_id=job.user_id):
            try:
                self._retrievals.see_to(job, at_once=at_once)
            except NotFound as error:
                # Back since we read the job; if not, the next look says so again.
                log.error("archive_missing", error=error.message)
            except (CapacityLacking, ServiceUnavailable) as error:
                log.warning("retrieval_postponed", code=error.code, error=error.message)
                return False
        return True

    def _finish(self, account: Account) -> None:
        if not terms_of(account.plan).keeps_results:
            self._thaws.drop(account.user_id)
            return

        def announce(jobs: int) -> None:
            message = ResultsRestored(
                user_id=account.user_id,
                email=account.email,
                jobs=jobs,
                restored_at=self._clock.now(),
            )
            self._announcements.publish(message.to_json(), attributes={"type": message.type})
            log.info("all_restored", jobs=jobs)

        self._thaws.finish(account.user_id, announce)

    def _sweep(self, request: PremiumSweepRequested) -> Outcome:
        """Find Premium users with anything cold whom nobody looks after."""
        users = self._thaws.premium_users(after=request.after_user_id, limit=_SWEEP_PAGE)
        under_way = self._thaws.under_way(users)
        since = self._clock.now() - _LOOKS_MISSED * self._look_seconds
        found = 0
        for user_id in users:
            cold = user_id in under_way or self._ledger.list_cold(user_id, limit=1).jobs
            if cold and not self._thaws.looked_after(user_id, since=since):
                self._request(user_id)
                found += 1
        if len(users) == _SWEEP_PAGE:
            following = PremiumSweepRequested(after_user_id=users[-1])
            self._requests.publish(following.to_json(), attributes={"type": following.type})
        log.info("premium_swept", users=len(users), found=found)
        return Done()

    def _request(self, user_id: str) -> None:
        message = ThawRequested(user_id=user_id)
        self._requests.publish(message.to_json(), attributes={"type": message.type})


def _to_thaw(account: Account) -> frozenset[ResultsState]:
    return _COLD if terms_of(account.plan).keeps_results else _UNFINISHED
