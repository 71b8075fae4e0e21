"""What the mails say, as text and as HTML, from the templates beside this file."""

from datetime import UTC, datetime
from functools import cache
from textwrap import fill
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from gas.access import Role
from gas.jobs import Job, JobStatus
from gas.keys import result_name
from gas.messages import AccountNotice, ProjectInvitation, ResultsRestored
from gas.plans import terms_of
from gas.ports import Mail
from lambdas.notify.notices import LETTERS

_TEMPLATES = {JobStatus.COMPLETED: "completed", JobStatus.FAILED: "failed"}
_SUBJECTS = {JobStatus.COMPLETED: "Annotated", JobStatus.FAILED: "Not annotated"}


def worth_a_mail(job: Job) -> bool:
    """Whether the job ended in a way its user has not chosen: cancelling needs no mail."""
    return job.job_status in _TEMPLATES


def mail_about(job: Job, public_url: str) -> Mail:
    """The mail about a completed or failed job. Links lead to the web app, which asks who reads."""
    page = f"{public_url}/annotations/{job.job_id}"
    facts = {
        "job": job,
        "files": _files(job),
        "page": page,
        "plans": f"{public_url}/billing",
        "results_url": f"{page}/results/annotated",
        "log_url": f"{page}/log",
        "finished": _moment(job.complete_time or 0),
        "until": _end_of_downloads(job),
    }
    return _mail(
        job.user_email,
        f"{_SUBJECTS[job.job_status]}: {job.input_file_name}",
        _TEMPLATES[job.job_status],
        facts,
    )


def mail_about_restored(restored: ResultsRestored, public_url: str) -> Mail:
    """The mail that all archived results of a user are back."""
    facts = {"jobs": restored.jobs, "link": f"{public_url}/annotations"}
    return _mail(restored.email, "Your results are back from the archive", "restored", facts)


def mail_about_account(notice: AccountNotice, public_url: str) -> Mail:
    """The mail about what became of a user's plan or account."""
    letter = LETTERS[notice.kind]
    when = letter.otherwise if notice.until is None else _moment(notice.until)
    facts = {
        "subject": letter.subject.format(when=when),
        "paragraphs": [paragraph.format(when=when) for paragraph in letter.paragraphs],
        "button": letter.button,
        "link": public_url + letter.path,
        "attachment": notice.attachment,
    }
    return _mail(notice.email, str(facts["subject"]), "letter", facts)


_ROLES = {
    Role.VIEWER: "As a viewer you can see the project's jobs, explore their results and download "
    "them.",
    Role.EDITOR: "As an editor you can see the project's jobs, explore and download their results, "
    "run them again and add jobs of your own.",
}


def mail_about_invitation(asked: ProjectInvitation, public_url: str) -> Mail:
    """The mail by which somebody is asked into a project."""
    subject = f"{asked.invited_by} invites you to the project “{asked.project}”"
    facts = {
        "subject": subject,
        "paragraphs": [
            f"{asked.invited_by} would like to share the project “{asked.project}” with you on "
            "GAS, the Genomics Annotation Service, where genetic variants are annotated.",
            _ROLES[asked.role],
            f"To accept, log in with an identity of Globus that has this mail address "
            f"({asked.email}), or link it to yours. The invitation lapses on "
            f"{_moment(asked.until)}. If you do not know who asks, do nothing.",
        ],
        "button": "See the invitation",
        "link": f"{public_url}/projects",
        "attachment": None,
    }
    return _mail(asked.email, subject, "letter", facts)


def _mail(to: str, subject: str, template: str, facts: dict[str, Any]) -> Mail:
    return Mail(
        to=to,
        subject=subject,
        text=_environment().get_template(f"{template}.txt").render(facts),
        html=_environment().get_template(f"{template}.html").render(facts),
    )


def _files(job: Job) -> list[tuple[str, str]]:
    """The result files of a job: what they are called for its user, and which they are."""
    found = job.results.files if job.results else {}
    return [(result_name(job.input_file_name, file.name), name) for name, file in found.items()]


def _end_of_downloads(job: Job) -> str | None:
    """Until when the results can be downloaded; None: for as long as the plan lasts."""
    if terms_of(job.plan).keeps_results or job.archive_at is None:
        return None
    return _moment(job.archive_at)


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
    environment.filters["textwrap"] = lambda text: fill(text, 78)
    return environment
