"""What a device asks: for a code, and again and again for its token (RFC 8628).

No session and no token is looked at here, so these routes need no token against cross-site
requests.
"""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, url_for
from pydantic import BaseModel, ConfigDict, Field

from gas.accounts.devices import INTERVAL, LIFE_SECONDS, LONGEST_NAME, TOKEN_DAYS, Standing
from gas.errors import InvalidRequest
from gas.logs import get_logger
from gas.scopes import USUAL, parse_scopes
from web.context import services
from web.networks import network_of_asker
from web.payload import parse_json
from web.tokens.telling import tell_of_token

log = get_logger()

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DAY = 86_400

blueprint = Blueprint("device_programs", __name__, url_prefix="/device")


class CodeWanted(BaseModel):
    """What a device says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(default="a device", min_length=1, max_length=LONGEST_NAME)
    scope: str = Field(default="", max_length=200)
    """Scopes, parted by blanks; none: what the `gas` command needs."""


class TokenWanted(BaseModel):
    """The question of a device."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    grant_type: str
    device_code: str = Field(min_length=1, max_length=200)


@blueprint.post("/code")
def code() -> Response:
    """JSON {name?, scope?} → {device_code, user_code, verification_uri, expires_in, …}."""
    wanted = parse_json(CodeWanted)
    scopes = parse_scopes(wanted.scope.split()) if wanted.scope else USUAL
    if not scopes or not wanted.name.isprintable() or not wanted.name.strip():
        raise InvalidRequest("name, scope: not of this service.", remedy="Name known scopes.")
    device, shown = services().devices.begin(
        name=wanted.name.strip(),
        scopes=scopes,
        origin=network_of_asker(services()),
        now=services().clock.now(),
    )
    page = services().settings.public_url + url_for("device.page")
    return jsonify(
        device_code=device,
        user_code=shown,
        verification_uri=page,
        verification_uri_complete=f"{page}?code={shown}",
        expires_in=LIFE_SECONDS,
        interval=INTERVAL,
    )


@blueprint.post("/token")
def token() -> tuple[Response, int]:
    """JSON {grant_type, device_code} → {access_token, …}, once; 400 {error} until then."""
    wanted = parse_json(TokenWanted)
    if wanted.grant_type != GRANT:
        return _refused("unsupported_grant_type")
    now = services().clock.now()
    standing, device = services().devices.ask(wanted.device_code, now=now)
    account = services().accounts.get(device.user_id) if device and device.user_id else None
    if standing is not Standing.ALLOWED or device is None:
        return _refused(standing.value)
    if account is None:
        return _refused(Standing.DENIED.value)
    record, secret = services().tokens.issue(
        account.user_id,
        name=f"{device.name} (device)",
        scopes=device.scopes,
        days=TOKEN_DAYS,
        now=now,
    )
    log.info("device_logged_in", user_id=account.user_id, token_id=record.token_id)
    tell_of_token(services(), account, record)
    answer = jsonify(
        access_token=secret,
        token_type="Bearer",  # noqa: S106 - not a secret
        scope=record.scope_names,
        expires_in=TOKEN_DAYS * DAY,
    )
    return answer, HTTPStatus.OK


def _refused(error: str) -> tuple[Response, int]:
    return jsonify(error=error), HTTPStatus.BAD_REQUEST
