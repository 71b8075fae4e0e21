"""`/annotations/JOB/report`: shown before it is downloaded; sent nowhere."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from gas.access import Right
from gas.jobs import Job
from gas.scopes import Scope
from web.annotations.reading import read
from web.auth.session import protect, require_account
from web.context import services
from web.report.bundle import Part, bundle, has_line, zipped

blueprint = protect(
    Blueprint("report", __name__, url_prefix="/annotations"),
    read=Scope.JOBS_READ,
    write=Scope.JOBS_READ,
)


@blueprint.get("/<uuid:job_id>/report")
def page(job_id: UUID) -> str:
    """Everything that the bundle holds; with `line=1`, the line at which the job failed too."""
    job, with_line, parts = _found(job_id)
    return render_template(
        "report/page.html", job=job, parts=parts, with_line=with_line, has_line=has_line(job)
    )


@blueprint.get("/<uuid:job_id>/report.zip")
def download(job_id: UUID) -> Response:
    """The bundle; `line` as for the page."""
    job, _, parts = _found(job_id)
    answer = Response(zipped(parts), mimetype="application/zip")
    name = f"gas-report-{job.job_id[:8]}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _found(job_id: UUID) -> tuple[Job, bool, Sequence[Part]]:
    account = require_account()
    job = read(services(), account, str(job_id), Right.LOG).job
    with_line = request.args.get("line") == "1" and has_line(job)
    return job, with_line, bundle(services(), account, job, with_line=with_line)
