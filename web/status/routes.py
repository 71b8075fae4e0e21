"""`/status`: for everybody, logged in or not; also as JSON."""

from flask import Blueprint, Response, current_app, jsonify, render_template
from flask.blueprints import BlueprintSetupState

from web.auth.session import visitor
from web.context import services
from web.negotiation import wants_json
from web.status.document import document
from web.status.watch import StatusWatch

blueprint = Blueprint("status", __name__)

_EXTENSION = "gas-status"


@blueprint.record_once
def _keep_watch(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = StatusWatch()


@blueprint.get("/status")
def page() -> str | Response:
    """Every service, store and queue; 200 also when something is away."""
    watch: StatusWatch = current_app.extensions[_EXTENSION]
    found = watch.latest(services())
    if wants_json():
        return jsonify(document(found, whole=visitor() is not None))
    return render_template("status/page.html", report=found)
