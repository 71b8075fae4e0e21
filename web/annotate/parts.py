"""Uploads in parts, as JSON: begin, sign, list, complete, give up.

What is needed to go on travels in a sealed `upload` that the browser keeps: the app stores nothing.
"""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gas import large_uploads
from gas.errors import InvalidUpload
from gas.large_uploads import MOST_SIGNED, OpenUpload
from gas.scopes import Scope
from web.annotate import uploads
from web.annotate.choice import options_of
from web.auth.session import protect, require_account, uploader
from web.context import services
from web.payload import parse_json

blueprint = protect(
    Blueprint("parts", __name__, url_prefix="/annotate/uploads/parts"),
    read=Scope.JOBS_READ,
    write=Scope.JOBS_WRITE,
)

DAYS = 2
"""The inputs bucket gives up what has not been completed after this time."""

_OPEN_UPLOAD = TypeAdapter(OpenUpload)


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
    document = {
        "upload": _sealer().dumps(asdict(begun)),
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
        _open(wanted),
        wanted.numbers,
        expires_in=services().settings.upload_expires_in,
    )
    return jsonify(urls={str(number): url for number, url in urls.items()})


@blueprint.post("/list")
def arrived() -> Response:
    """JSON {upload} → {numbers}: the parts that are there. 410 `upload_gone`: begin again."""
    numbers = large_uploads.arrived(services().input_parts, _open(parse_json(Continued)))
    return jsonify(numbers=list(numbers))


@blueprint.post("/complete")
def complete() -> Response:
    """JSON {upload} → {done}: where to go now. 409 `upload_incomplete`: parts are missing."""
    upload = _open(parse_json(Continued))
    large_uploads.finish(services().input_parts, services().inputs, upload)
    return jsonify(done=_done(upload))


@blueprint.post("/abort")
def abort() -> tuple[str, int]:
    """JSON {upload} → 204: the upload is given up, and what was sent is deleted."""
    large_uploads.abort(services().input_parts, _open(parse_json(Continued)))
    return "", 204


def _sealer() -> URLSafeTimedSerializer:
    secret = services().settings.secret_key.get_secret_value()
    return URLSafeTimedSerializer(secret, salt="upload in parts")


def _open(continued: Continued) -> OpenUpload:
    """The upload under way.

    Raises:
        InvalidUpload: it is not of our making, too old, or somebody else's.
    """
    try:
        values: Any = _sealer().loads(continued.upload, max_age=DAYS * 86_400)
    except BadData as error:
        raise _refusal() from error
    upload = _OPEN_UPLOAD.validate_python(values)
    if upload.user_id != require_account().user_id:
        raise _refusal()
    return upload


def _refusal() -> InvalidUpload:
    return InvalidUpload("This upload is not known.", remedy="Start the upload from the beginning.")


def _done(upload: OpenUpload) -> str:
    return f"{url_for('annotate.done')}?{uploads.done_query(services(), upload.key)}"
