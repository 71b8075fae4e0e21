"""Exports of a filtered view, streamed."""

from flask import Blueprint

from web.auth.session import protect

blueprint = protect(Blueprint("explorer_export", __name__, url_prefix="/annotations/<uuid:job_id>"))
