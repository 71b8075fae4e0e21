"""Uploads in parts, as JSON: begin, sign, list, complete, give up.

What is needed to go on travels in a sealed `upload` that the browser keeps: the app stores nothing.
"""

from flask import Blueprint, Response, jsonify, url_for
from pydantic import BaseModel, ConfigDict, Field

from gas import large_uploads
from gas.large_uploads import MOST_SIGNED, OpenUpload
from gas.scopes import Scope
from web.annotate import uploads
from web.annotate.choice import options_of
from web.annotate.sealed import open_sealed, seal_upload
from web.auth.session import protect, uploader
from web.context import services
from web.payload import parse_json
from web.projects import placing

blueprint = protect(
    Blueprint("parts", __name__, url_prefix="/annotate/uploads/parts"),
    read=Scope.JOBS_READ,
    write=Scope.JOBS_WRITE,
)


class Continued(BaseModel):
    """A request about an upload under way."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    upload: str = Field(min_length=1, max_length=4096)
    """As it was given when the upload began."""


class SignRequest(Continued):
    """Which parts are to be signed."""

    numbers: list[int] = Field(min_length=1, max_length=MOST_SIGNED)


@blueprint.post("")
def start() -> tuple[Response, int]:
    """JSON as for one signed POST → 201 {upload, job_id, key, part_size, parts, done}."""
    wanted = parse_json(uploads.UploadRequest)
    begun = large_uploads.start(
        services().input_parts,
        uploader(),
        key_prefix=services().settings.key_prefix,
        file_name=wanted.file_name,
        size=wanted.size,
        options=options_of(wanted, services().engine),
    )
    placing.expect(services(), uploader().user_id, wanted.project, begun.job_id)
    document = {
        "upload": seal_upload(begun),
        "job_id": begun.job_id,
        "key": begun.key,
        "part_size": begun.part_size,
        "parts": begun.parts,
        "done": _done(begun),
    }
    return jsonify(document), 201


@blueprint.post("/sign")
def sign() -> Response:
    """JSON {upload, numbers} → {urls: {number: url}}: PUT each part to its address."""
    wanted = parse_json(SignRequest)
    urls = large_uploads.sign_parts(
        services().input_parts,
        open_sealed(wanted.upload),
        wanted.numbers,
        expires_in=services().settings.upload_expires_in,
    )
    return jsonify(urls={str(number): url for number, url in urls.items()})


@blueprint.post("/list")
def arrived() -> Response:
    """JSON {upload} → {numbers}: the parts that are there. 410 `upload_gone`: begin again."""
    upload = open_sealed(parse_json(Continued).upload)
    numbers = large_uploads.arrived(services().input_parts, upload)
    return jsonify(numbers=list(numbers))


@blueprint.post("/complete")
def complete() -> Response:
    """JSON {upload} → {done}: where to go now. 409 `upload_incomplete`: parts are missing."""
    upload = open_sealed(parse_json(Continued).upload)
    large_uploads.finish(services().input_parts, services().inputs, upload)
    return jsonify(done=_done(upload))


@blueprint.post("/abort")
def abort() -> tuple[str, int]:
    """JSON {upload} → 204: the upload is given up, and what was sent is deleted."""
    large_uploads.abort(services().input_parts, open_sealed(parse_json(Continued).upload))
    return "", 204


def _done(upload: OpenUpload) -> str:
    return f"{url_for('annotate.done')}?{uploads.done_query(services(), upload.key)}"
