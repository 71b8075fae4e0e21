"""An upload in parts travels with whoever sends it, sealed: the app stores nothing of it."""

from dataclasses import asdict
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import TypeAdapter

from gas.errors import InvalidUpload
from gas.large_uploads import OpenUpload
from web.auth.session import require_account
from web.context import services

DAYS = 2
"""The inputs bucket gives up what has not been completed after this time."""

_OPEN_UPLOAD = TypeAdapter(OpenUpload)


def seal_upload(upload: OpenUpload) -> str:
    """The upload as its sender keeps it."""
    return str(_sealer().dumps(asdict(upload)))


def open_sealed(sealed: str) -> OpenUpload:
    """The upload under way.

    Raises:
        InvalidUpload: it is not of our making, too old, or somebody else's.
    """
    try:
        values: Any = _sealer().loads(sealed, max_age=DAYS * 86_400)
    except BadData as error:
        raise _refusal() from error
    upload = _OPEN_UPLOAD.validate_python(values)
    if upload.user_id != require_account().user_id:
        raise _refusal()
    return upload


def _sealer() -> URLSafeTimedSerializer:
    secret = services().settings.secret_key.get_secret_value()
    return URLSafeTimedSerializer(secret, salt="upload in parts")


def _refusal() -> InvalidUpload:
    return InvalidUpload("This upload is not known.", remedy="Start the upload from the beginning.")
