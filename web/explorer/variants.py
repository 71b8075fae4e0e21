"""The page of one variant of a job."""

from flask import Blueprint

from web.auth.session import protect

blueprint = protect(
    Blueprint("explorer_variant", __name__, url_prefix="/annotations/<uuid:job_id>")
)
