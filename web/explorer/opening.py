"""Who may explore what: asked before every use of a table, whatever is on this machine's disk."""

from dataclasses import dataclass

from gas.access import access_to
from gas.accounts.models import Account
from gas.errors import ResultsNotReady
from gas.jobs import Job
from web.annotations.jobs import own_job
from web.explorer.preparing import Preparation
from web.explorer.table import OpenTable
from web.services import Services

TABLE = "table"
ANNOTATED = "annotated"


@dataclass(frozen=True)
class Opened:
    """A job whose results its owner may see now, and its table or how far that is."""

    job: Job
    table: OpenTable | Preparation


def allowed_job(services: Services, account: Account, job_id: str, file: str = TABLE) -> Job:
    """The account's own job, if its results may be read now.

    Raises:
        NotFound: there is none, or it is somebody else's.
        ResultsNotReady: it has no such file (yet).
        FreeWindowOver, ResultsArchived, ResultsRestoring, ResultsDeleted: not now.
    """
    job = own_job(services, account.user_id, job_id)
    now = services.clock.now()
    access_to(job, account.plan, now).link_seconds(file, now=now, longest=1)
    if job.results is None or file not in job.results.files:
        raise _nothing(job)
    return job


def open_job(services: Services, account: Account, job_id: str) -> Opened:
    """As `allowed_job`, with the table.

    Raises:
        InvalidRequest: the table is too large for this machine.
        ServiceUnavailable: it cannot be fetched just now.
    """
    job = allowed_job(services, account, job_id)
    assert job.results is not None
    assert job.results.table is not None
    return Opened(job, services.tables.open(job.job_id, job.results.table, account.user_id))


def _nothing(job: Job) -> ResultsNotReady:
    if job.results is not None:
        return ResultsNotReady(
            "This job is from before there were tables, so it cannot be explored.",
            remedy="Annotate the file again; the annotated file can be downloaded as before.",
        )
    return ResultsNotReady(
        "This job has no results to explore."
        if job.is_final
        else "The job is not finished, so there is nothing to explore yet.",
        remedy="The job's page says how far it is.",
    )
