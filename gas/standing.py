"""Where a job stands in the queue, and when it will start and be done: the rules.

What is counted as being before a job is what can really run before it. Premium's queue is looked at
first. Of one user, no more jobs run at once than their plan allows, and the next one is called only
when one of them ends; so of somebody with a hundred jobs only that many are before anybody else.

Nothing is estimated without a measurement (`gas.throughput`) or the job's own progress.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gas.jobs import Job, JobStatus, WaitingJob
from gas.plans import Plan, terms_of
from gas.slots import Line
from gas.throughput import Pace
from gas.vitals import Beat

MOST_COUNTED = 1000
"""As many waiting jobs as are looked at in each queue."""

_LEAST_PERCENT = 2.0
_LEAST_ELAPSED = 3
"""Of a running job, progress below this says nothing of its speed."""


@dataclass(frozen=True)
class Queues:
    """The waiting jobs of each plan's queue, the earliest first; `MOST_COUNTED` at the most."""

    waiting: Mapping[Plan, Sequence[WaitingJob]]

    def before(self, job: Job) -> Mapping[Plan, Sequence[WaitingJob]]:
        """The waiting jobs that come before `job`, by their queue."""
        rank = (job.submit_time, job.job_id)
        own = self.waiting.get(job.plan, ())
        found = {job.plan: [each for each in own if (each.submit_time, each.job_id) < rank]}
        if job.plan is not Plan.PREMIUM:
            found[Plan.PREMIUM] = list(self.waiting.get(Plan.PREMIUM, ()))
        return found


@dataclass(frozen=True)
class Workers:
    """The annotators that live: how many jobs they run at once, and run now."""

    slots: int
    busy: int

    @classmethod
    def of(cls, beats: Sequence[Beat]) -> "Workers":
        """By what the living ones say of themselves."""
        return cls(
            slots=sum(beat.detail.get("slots", 0) for beat in beats),
            busy=sum(beat.detail.get("busy", 0) for beat in beats),
        )


@dataclass(frozen=True)
class Standing:
    """Where a job stands that has not ended."""

    own_before: int
    """The user's own jobs that run, or wait before it."""
    own_limit: int
    """As many of the user's jobs run at once."""
    others_before: int
    """Jobs of others that wait and can run before it."""
    all_counted: bool
    """False: there are even more."""
    workers: int | None
    """Jobs that all living workers together run at once; None: not known just now."""
    seconds_to_start: float | None = None
    """None: it has started, or there is no basis for an estimate."""
    seconds_to_end: float | None = None
    """None: there is no basis for an estimate."""

    @property
    def place(self) -> int:
        """1: it is the next to start."""
        return self.own_to_end + self.others_before + 1

    @property
    def own_to_end(self) -> int:
        """As many own jobs have to end before it can start."""
        return max(0, self.own_before - self.own_limit + 1)


def standing_of(
    job: Job, *, queues: Queues, line: Line, workers: Workers | None, pace: Pace | None, now: int
) -> Standing:
    """The standing of a PENDING or RUNNING job; `pace` is that of files like its own."""
    limit = terms_of(job.plan).max_running_jobs
    slots = workers.slots if workers else None
    if job.job_status is JobStatus.RUNNING:
        return Standing(0, limit, 0, True, slots, seconds_to_end=_left(job, pace, now))
    before = queues.before(job)
    mine = sum(each.user_id == job.user_id for jobs in before.values() for each in jobs)
    mine += sum(until >= now for until in line.running.values())
    standing = Standing(
        own_before=mine,
        own_limit=limit,
        others_before=_of_others(before, job.user_id),
        all_counted=all(len(jobs) < MOST_COUNTED for jobs in before.values()),
        workers=slots,
    )
    if pace is None or not workers or not workers.slots or not standing.all_counted:
        return standing
    start = _until_start(standing, workers, pace)
    takes = pace.estimate(job.input_size)
    end = None if takes is None else start + takes
    return replace(standing, seconds_to_start=start, seconds_to_end=end)


def _of_others(before: Mapping[Plan, Sequence[WaitingJob]], user_id: str) -> int:
    """Of every other user as many as can run at once."""
    total = 0
    for plan, jobs in before.items():
        counts = Counter(each.user_id for each in jobs if each.user_id != user_id)
        total += sum(min(n, terms_of(plan).max_running_jobs) for n in counts.values())
    return total


def _until_start(standing: Standing, workers: Workers, pace: Pace) -> float:
    """Seconds until a slot of the user's and one of the workers' is free for the job.

    With n of them busy, one becomes free every n-th part of a job's usual duration.
    """
    ahead = standing.others_before + standing.own_to_end
    free = max(0, workers.slots - workers.busy)
    in_queue = max(0, ahead - free + 1) * pace.mean_seconds / workers.slots
    in_line = standing.own_to_end * pace.mean_seconds / standing.own_limit
    return max(in_queue, in_line)


def _left(job: Job, pace: Pace | None, now: int) -> float | None:
    """Seconds until a running job is done: by its own speed once it moves, by others' before."""
    began = job.attempt_times[-1] if job.attempt_times else job.start_time
    elapsed = now - began if began is not None else 0
    percent = job.progress.percent
    if percent >= _LEAST_PERCENT and elapsed >= _LEAST_ELAPSED:
        return elapsed * (100 - percent) / percent
    takes = pace.estimate(job.input_size) if pace else None
    return None if takes is None else max(0.0, takes - elapsed)


def speed_of(job: Job, now: int) -> float | None:
    """Records a second of a running job; None: it does not move yet."""
    began = job.attempt_times[-1] if job.attempt_times else job.start_time
    if began is None or now - began < _LEAST_ELAPSED or not job.progress.records_done:
        return None
    return job.progress.records_done / (now - began)
