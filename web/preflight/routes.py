"""`POST /annotate/preflight`: what is wrong with a file, told before a byte of it is sent."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from gas.plans import terms_of
from gas.scopes import Scope
from web.auth.session import protect, require_account
from web.context import services
from web.payload import parse_json
from web.preflight.asked import PreflightRequest
from web.preflight.check import document, preflight

blueprint = protect(
    Blueprint("preflight", __name__, url_prefix="/annotate/preflight"),
    read=Scope.VARIANTS_READ,
    write=Scope.VARIANTS_READ,
)

MAX_BODY = 2 * 1024 * 1024
"""A header may declare thousands of contigs, and a record may have long alleles."""


@blueprint.url_value_preprocessor
def _allow_large_body(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # This early, because the check of the CSRF token reads the body.
    request.max_content_length = MAX_BODY


@blueprint.post("")
def look() -> Response:
    """JSON of `PreflightRequest` → what docs/preflight.md describes.

    Nothing is kept of it.
    """
    asked = parse_json(PreflightRequest)
    parts = services()
    account = require_account()
    with parts.engine_turns.turn(account.user_id):
        found = preflight(parts.engine, parts.throughput, terms_of(account.plan), asked)
    return jsonify(document(found))
