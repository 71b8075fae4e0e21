"""What the mails say, as text and as HTML, from the templates beside this file."""

from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from gas.jobs import Job, JobStatus
from gas.ports import Mail

_TEMPLATES = {JobStatus.COMPLETED: "completed", JobStatus.FAILED: "failed"}
_SUBJECTS = {JobStatus.COMPLETED: "Annotated", JobStatus.FAILED: "Not annotated"}


def worth_a_mail(job: Job) -> bool:
    """Whether the job ended in a way its user has not chosen: cancelling needs no mail."""
    return job.job_status in _TEMPLATES


def mail_about(job: Job, public_url: str) -> Mail:
    """The mail about a completed or failed job. Links lead to the web app, which asks who reads."""
    template = _TEMPLATES[job.job_status]
    page = f"{public_url}/annotations/{job.job_id}"
    facts = {
        "job": job,
        "page": page,
        "results_url": f"{page}/results/annotated",
        "log_url": f"{page}/log",
        "finished": _moment(job.complete_time or 0),
    }
    return Mail(
        to=job.user_email,
        subject=f"{_SUBJECTS[job.job_status]}: {job.input_file_name}",
        text=_environment().get_template(f"{template}.txt").render(facts),
        html=_environment().get_template(f"{template}.html").render(facts),
    )


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %B %Y, %H:%M UTC")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lambdas.notify"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = lambda number: f"{number:,}"
    return environment
