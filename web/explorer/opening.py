"""Who may explore what: asked before every use of a table, whatever is on this machine's disk."""

from dataclasses import dataclass

from gas.errors import ResultsNotReady
from gas.jobs import Job
from web.explorer.preparing import Preparation
from web.explorer.table import OpenTable
from web.explorer.viewpoint import Viewpoint
from web.services import Services

TABLE = "table"
ANNOTATED = "annotated"


@dataclass(frozen=True)
class Opened:
    """A job whose results somebody may see now, and its table or how far that is."""

    point: Viewpoint
    table: OpenTable | Preparation

    @property
    def job(self) -> Job:
        return self.point.job


def check_open(services: Services, point: Viewpoint, file: str = TABLE) -> None:
    """Refuse what cannot be read now.

    Raises:
        ResultsNotReady: the job has no such file (yet).
        FreeWindowOver, ResultsArchived, ResultsRestoring, ResultsDeleted: not now.
    """
    job, now = point.job, services.clock.now()
    point.reading.results.link_seconds(file, now=now, longest=1)
    if job.results is None or file not in job.results.files:
        raise _nothing(job)


def open_job(services: Services, point: Viewpoint) -> Opened:
    """The table, or as much of it as can be seen from there.

    Raises:
        ResultsNotReady, FreeWindowOver, …: as `check_open`.
        InvalidRequest: the table is too large for this machine.
        ServiceUnavailable: it cannot be fetched just now.
    """
    check_open(services, point)
    job = point.job
    assert job.results is not None
    assert job.results.table is not None
    table, filters = job.results.table, point.filters
    if filters is None:
        return Opened(point, services.tables.open(job.job_id, table, point.asker))
    return Opened(point, services.tables.open_part(job.job_id, table, filters, point.asker))


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
