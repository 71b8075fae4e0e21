"""The upload page and what belongs to it."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from gas import keys
from gas.errors import InvalidUpload, NotFound
from gas.large_uploads import PARTS_FROM
from gas.plans import terms_of
from gas.scopes import Scope
from web.annotate import uploads
from web.annotate.choice import asked_for, options_of
from web.annotate.earlier import EarlierRequest, find_earlier
from web.annotations.words import FORMATS, TRANSCRIPTS, pack_name
from web.auth.session import opened_by, protect, require_account, uploader
from web.context import services
from web.payload import parse_json
from web.projects import placing

blueprint = protect(
    Blueprint("annotate", __name__, url_prefix="/annotate"),
    # Its pages sign uploads and make jobs, also those that are got and not posted.
    read=Scope.JOBS_WRITE,
    write=Scope.JOBS_WRITE,
)


@blueprint.get("")
def page() -> str:
    """Choose a file. Without scripts the page holds a signed form instead, whose options (see
    `asked_for`) stand in the address, because they are signed too."""
    options = options_of(asked_for(request.args), services().engine)
    done_path = url_for("annotate.done")
    return render_template(
        "annotate/page.html",
        terms=terms_of(require_account().plan),
        parts_from=PARTS_FROM,
        user_tag=uploads.tag_of(require_account().user_id),
        form=uploads.sign_form(services(), uploader(), options, done_path=done_path),
        options=options,
        packs=[(pack.name, pack_name(pack.name)) for pack in services().engine.packs()],
        formats=FORMATS,
        transcripts=TRANSCRIPTS,
        sample=services().sample.name if services().sample.is_file() else None,
        projects=placing.open_to(services(), require_account().user_id),
    )


@blueprint.post("/uploads")
def sign() -> tuple[Response, int]:
    """JSON {file_name, size, pack?, strict?, format?, transcripts?, contig_names?, project?} →
    201 {job_id, key, url, fields, max_bytes, done}.

    POST `fields` and then the file to `url`; after its 201, go to `done`.
    """
    wanted = parse_json(uploads.UploadRequest)
    signed = uploads.sign(services(), uploader(), wanted)
    placing.expect(services(), uploader().user_id, wanted.project, signed.job_id)
    document = {
        "job_id": signed.job_id,
        "key": signed.key,
        "url": signed.post.url,
        "fields": dict(signed.post.fields),
        "max_bytes": signed.max_bytes,
        "done": f"{url_for('annotate.done')}?{uploads.done_query(services(), signed.key)}",
    }
    return jsonify(document), 201


@blueprint.post("/earlier")
@opened_by(Scope.JOBS_READ)
def earlier() -> Response:
    """JSON {blake3, size, pack?, strict?, …} → {job}: one that did the same, or null.

    {job_id, url, file_name, submitted_at}; asked before anything is sent.
    """
    asked = parse_json(EarlierRequest)
    account = require_account()
    job = find_earlier(services(), account, asked, blake3=asked.blake3, size=asked.size)
    found = job and {
        "job_id": job.job_id,
        "url": url_for("annotations.details", job_id=job.job_id),
        "file_name": job.input_file_name,
        "submitted_at": job.submit_time,
    }
    return jsonify(job=found)


@blueprint.get("/done")
def done() -> BaseResponse:
    """Where S3 sends the browser after an upload (`bucket`, `key`, `etag`) → the job's page."""
    bucket, key = request.args.get("bucket"), request.args.get("key")
    if not bucket or not key:
        raise InvalidUpload(
            "This address does not name an upload of this service.",
            remedy="Start again from the upload page.",
        )
    job = uploads.finish(services(), uploader(), bucket=bucket, key=key)
    return redirect(url_for("annotations.details", job_id=job.job_id), code=303)


@blueprint.get("/files")
@opened_by(Scope.JOBS_READ)
def files() -> Response:
    """JSON list of the user's input objects: {code, status, files: [{key, file_name, …}]}."""
    found = uploads.files_of(services(), require_account().user_id)
    listed: list[dict[str, Any]] = []
    for info in found:
        parts = keys.parse_key(services().settings.key_prefix, info.key)
        listed.append(
            {
                "key": info.key,
                "file_name": parts.name,
                "size": info.size,
                "job_id": parts.job_id,
            }
        )
    complete = len(found) < uploads.MAX_FILES
    return jsonify(code=200, status="success", files=listed, complete=complete)


@blueprint.get("/sample")
@opened_by(Scope.JOBS_READ)
def sample() -> Response:
    """The sample VCF, for trying the service without a file of one's own."""
    path = services().sample
    if not path.is_file():
        raise NotFound("This installation has no sample file.")
    return send_file(path, mimetype="text/plain", as_attachment=True, download_name=path.name)
