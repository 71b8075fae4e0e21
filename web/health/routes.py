"""`/healthz`: the process answers. `/readyz`: its neighbours do, too. For machines."""

from flask import Blueprint, Response, jsonify

from web.context import services
from web.health.checks import check_stores

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 as long as the process serves requests."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 when database, table and buckets can be reached, else 503; says which cannot."""
    found = check_stores(services())
    ready = all(found.values())
    return jsonify(ready=ready, checks=found), 200 if ready else 503
