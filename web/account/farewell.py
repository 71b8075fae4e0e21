"""What strangers may see: the page after an account was deleted, and the keys of certificates."""

import json
from uuid import UUID

from flask import Blueprint, Response, jsonify, render_template

from gas.erasure import CERTIFICATE_KEYS
from web.context import services

MOST_KEYS = 20
_LONGEST = 4096

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
    results = services().results
    found = results.list(CERTIFICATE_KEYS, limit=MOST_KEYS)
    return jsonify(keys=[json.loads(results.read(k.key, start=0, length=_LONGEST)) for k in found])
