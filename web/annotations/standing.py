"""The standing of a job on its page: asked of the stores, kept a few seconds for all who look.

Every page of a waiting job asks again and again. What is the same for all of them (the queues, who
lives, the speed) is asked once in a few seconds by each process, however many look.
"""

from gas.errors import ServiceUnavailable
from gas.jobs import Job
from gas.logs import get_logger
from gas.plans import Plan
from gas.standing import MOST_COUNTED, Queues, Standing, Workers, standing_of
from gas.vitals import alive
from web.services import Services

log = get_logger()


def standing(services: Services, job: Job) -> Standing | None:
    """The job's standing; None once it has ended, or when it cannot be found out just now."""
    if job.is_final:
        return None
    now, recent = services.clock.now(), services.recent
    try:
        beats = recent.get("beats", services.vitals.beats)
        pack, name = job.options.pack, job.input_file_name
        return standing_of(
            job,
            queues=recent.get("queues", lambda: _queues(services)),
            line=recent.get(("line", job.user_id), lambda: services.lines.read(job.user_id)),
            workers=Workers.of(alive(beats, "annotator", now)),
            pace=recent.get(("pace", pack, name), lambda: services.throughput.pace(pack, name)),
            now=now,
        )
    except ServiceUnavailable as error:
        # The page is worth showing without it.
        log.warning("standing_unknown", job_id=job.job_id, reason=error.message)
        return None


def _queues(services: Services) -> Queues:
    return Queues({plan: services.jobs.list_waiting(plan, limit=MOST_COUNTED) for plan in Plan})


def about(seconds: float) -> str:
    """A time that is an estimate, no more exact than it is: `about 2 minutes`."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 50:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes <= 1:
        return "about a minute"
    if minutes < 10:
        return f"about {minutes} minutes"
    if minutes < 55:
        return f"about {5 * round(minutes / 5)} minutes"
    hours = round(minutes / 60)
    if hours <= 1:
        return "about an hour"
    return f"about {hours} hours" if hours < 36 else f"about {round(hours / 24)} days"


def queue_words(found: Standing, plan_name: str) -> str:
    """What is before a job that waits, in a sentence or two."""
    sentences = []
    if found.own_to_end:
        count = found.own_before
        sentences.append(
            f"{_count(count, 'of your own jobs is', 'of your own jobs are')} before it; "
            f"{plan_name} runs {_times(found.own_limit)} at a time."
        )
    if not found.all_counted:
        sentences.append(f"More than {MOST_COUNTED:,} jobs wait before it.")
    elif found.others_before:
        jobs = _count(found.others_before, "job of somebody else is", "jobs of others are")
        sentences.append(f"{jobs} before it.")
    return " ".join(sentences) or "It is the next to start."


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _times(number: int) -> str:
    return "one" if number == 1 else f"{number}"
