"""What strangers may see: the page after an account was deleted, and the keys of certificates."""

from uuid import UUID

from flask import Blueprint, Response, jsonify, render_template

from web.context import services

blueprint = Blueprint("farewell", __name__)


@blueprint.get("/account/deleted/<uuid:erasure_id>")
def deleted(erasure_id: UUID) -> str:
    """What happens now. It tells nothing that the address does not."""
    parts = services()
    return render_template(
        "account/deleted.html",
        erasure_id=erasure_id,
        globus_logout=parts.identity_provider.logout_url(return_to=parts.settings.public_url + "/"),
    )


@blueprint.get("/.well-known/gas-certificate-key.json")
def certificate_keys() -> Response:
    """The public keys that certificates of deletion are signed by, the older ones too."""
    return jsonify(keys=services().certificate_keys.documents())
