"""The dashboard, a job's page, its log and its files; each also as JSON."""

from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as BaseResponse

from gas.access import Reading, Right
from gas.errors import NotFound
from gas.plans import terms_of
from gas.scopes import Scope
from web.annotate import uploads
from web.annotations import documents, jobs, retries
from web.annotations.filters import Filters
from web.annotations.overview import document, overview
from web.annotations.page import document_of, page_of
from web.annotations.reading import read
from web.annotations.standing import about
from web.annotations.thawing import thaw_progress
from web.auth.session import protect, require_account, uploader
from web.context import services
from web.negotiation import wants_json
from web.payload import parse_json

blueprint = protect(
    Blueprint("annotations", __name__, url_prefix="/annotations"),
    read=Scope.JOBS_READ,
    write=Scope.JOBS_WRITE,
)


class SubmitRequest(BaseModel):
    """The body of `POST /annotations`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    input_file: str = Field(min_length=1, max_length=1024)
    """Key of an input object of the user's (`GET /annotate/files` lists them)."""


@blueprint.get("")
def dashboard() -> str | Response:
    """The user's jobs, a page at a time; what the address may ask for: `filters.py`."""
    account = require_account()
    filters = Filters.read(request.args)
    shown = overview(services(), account, filters, request.args.get("cursor") or None)
    if wants_json():
        return jsonify(document(shown))
    return render_template(
        "annotations/dashboard.html",
        shown=shown,
        thaw=thaw_progress(services(), account),
        terms=terms_of(account.plan),
        sample=services().sample.name if services().sample.is_file() else None,
        about=about,
        deleted=request.args.get("deleted") == "1",
    )


@blueprint.post("")
def submit() -> tuple[Response, int]:
    """JSON {input_file} → 201 {code, status, job_id, input_file}; repeated, the same answer."""
    wanted = parse_json(SubmitRequest)
    job = uploads.register(services(), uploader(), key=wanted.input_file)
    answer = jsonify(documents.submitted(job))
    answer.headers["Location"] = url_for("annotations.details", job_id=job.job_id)
    return answer, 201


@blueprint.get("/<uuid:job_id>")
def details(job_id: UUID) -> str | Response:
    """One job. As JSON with its log once finished, unless `log=no` is asked for."""
    reading = _read(job_id)
    job = reading.job
    if not wants_json():
        shown = page_of(services(), require_account(), reading)
        return render_template("annotations/details.html", **shown)
    wanted = job.is_final and job.log_file is not None and request.args.get("log") != "no"
    log = jobs.read_log(services(), job) if wanted else None
    return jsonify(document_of(services(), reading, log))


@blueprint.post("/<uuid:job_id>/cancel")
def cancel(job_id: UUID) -> BaseResponse:
    """Cancel a job that has not ended → its page, or its JSON."""
    job = jobs.cancel(services(), require_account().user_id, str(job_id))
    if wants_json():
        return jsonify(document_of(services(), _read(job_id)))
    return redirect(url_for("annotations.details", job_id=job.job_id), code=303)


@blueprint.post("/<uuid:job_id>/retry")
def retry(job_id: UUID) -> BaseResponse | tuple[Response, int]:
    """Annotate the job's input once more → the new job's page, or 201 as for a submission.

    A form or JSON {pack, strict, format, transcripts, contig_names}; repeated, the same answer.
    """
    job = _read(job_id, Right.RETRY).job
    made = retries.retry(services(), uploader(), job, retries.asked())
    where = url_for("annotations.details", job_id=made.job_id)
    if not wants_json():
        return redirect(where, code=303)
    answer = jsonify(documents.submitted(made))
    answer.headers["Location"] = where
    return answer, 201


@blueprint.get("/<uuid:job_id>/log")
def log(job_id: UUID) -> str:
    """The log, in the browser: its beginning, or with `all` as much as a page can hold; with `q`
    only the lines that contain it."""
    job = _read(job_id, Right.LOG).job
    most = jobs.WHOLE_LOG_BYTES if "all" in request.args else jobs.LOG_BYTES
    text = jobs.read_log(services(), job, most)
    wanted = request.args.get("q", "").strip()
    return render_template(
        "annotations/log.html",
        job=job,
        log=text,
        lines=jobs.lines_with(text, wanted),
        wanted=wanted,
        whole=text.size <= jobs.WHOLE_LOG_BYTES,
    )


@blueprint.get("/<uuid:job_id>/results/<which>")
def download(job_id: UUID, which: str) -> BaseResponse:
    """303 to a link that lapses soon; `which` is one of `jobs.ResultFile`."""
    reading = _read(job_id, Right.DOWNLOAD)
    if which not in set(jobs.ResultFile):
        raise NotFound(
            "A job has no file of this kind.",
            remedy=f"There are: {', '.join(jobs.ResultFile)}.",
        )
    now = services().clock.now()
    file = jobs.ResultFile(which)
    link = jobs.download_link(services(), reading.job, file, reading.results, now=now)
    return redirect(link, code=303)


def _read(job_id: UUID, right: Right = Right.SEE) -> Reading:
    return read(services(), require_account(), str(job_id), right)
