"""What changes on a job's page while the job waits or runs, in words."""

from dataclasses import dataclass

from gas.jobs import Job, JobStatus
from gas.plans import terms_of
from gas.standing import Standing, speed_of
from web.annotations.standing import about, queue_words

_ALL = 100


@dataclass(frozen=True)
class Live:
    """What changes on the page while a job waits or runs, in words; empty where nothing is known.

    The page's script puts the same words into the same places (static/js/job.js).
    """

    queue: str = ""
    """What is before it."""
    estimate: str = ""
    """When it starts and is done."""
    speed: str = ""
    stage: str = ""
    """What is being done with the file."""
    workers: bool | None = None
    """Whether anybody is there to run it; None: not known just now."""


def live_of(job: Job, found: Standing | None, now: int) -> Live:
    """The words for a job that has not ended."""
    if found is None:
        return Live()
    workers = None if found.workers is None else found.workers > 0
    if job.job_status is JobStatus.PENDING:
        plan_name = terms_of(job.plan).name
        queue, estimate = queue_words(found, plan_name), _until_done(found, workers)
        return Live(queue, estimate, workers=workers)
    speed = speed_of(job, now)
    left = found.seconds_to_end
    return Live(
        estimate="No estimate yet." if left is None else f"Done in {about(left)}.",
        speed="" if speed is None else f"{speed:,.0f} records a second",
        stage=stage_of(job),
        workers=workers,
    )


def stage_of(job: Job) -> str:
    """What is being done with the file of a job that runs."""
    if job.progress.percent >= _ALL:
        return "Writing and storing the results"
    return "Annotating" if job.progress.percent > 0 else "Fetching the file"


def _until_done(found: Standing, workers: bool | None) -> str:
    if workers is False:
        return ""
    if found.seconds_to_start is None or found.seconds_to_end is None:
        return "No estimate yet: too little has been measured to make one."
    start, end = about(found.seconds_to_start), about(found.seconds_to_end)
    if start == end:
        return f"Starts and is done in {end}."
    return f"Starts in {start}, done in {end}."
