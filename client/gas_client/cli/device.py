"""Logging in on a device without a browser: RFC 8628, for `gas login --device`."""

from __future__ import annotations

import platform
import time
from typing import Any

import httpx

from gas_client import transport
from gas_client.calling import user_agent
from gas_client.cli.output import note
from gas_client.errors import ApiError, TimedOut, Unexpected

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER = 5.0
"""Seconds more between questions, each time the server wants it."""
TIMEOUT = 30.0


def device_token(address: str) -> str:
    """The token that a person gives this device in a browser elsewhere.

    Raises:
        ApiError: they refused, or the server does.
        TimedOut: nobody said anything while the code lasted.
        Unreachable, Unexpected: see there.
    """
    with httpx.Client(**transport.settings(TIMEOUT)) as http:
        name = f"gas on {platform.node() or 'a computer'}"[:60]
        begun = _ask(http, f"{address}/device/code", {"name": name})
        note(f"Open {begun['verification_uri']} in any browser, and type: {begun['user_code']}")
        pause, until = float(begun["interval"]), time.monotonic() + float(begun["expires_in"])
        question = {"grant_type": GRANT, "device_code": begun["device_code"]}
        while time.monotonic() < until:
            time.sleep(pause)
            found = _ask(http, f"{address}/device/token", question)
            if "access_token" in found:
                return str(found["access_token"])
            error = found.get("error")
            if error == "access_denied":
                raise ApiError("The login was refused.", status=403, code="access_denied")
            if error == "expired_token":
                break
            if error == "slow_down":
                pause += _SLOWER
            elif error != "authorization_pending":
                raise _refused(found)
    raise TimedOut("Nobody typed the code in time.")


def _ask(http: httpx.Client, url: str, body: dict[str, str]) -> dict[str, Any]:
    headers = {"User-Agent": user_agent(), "Accept": "application/problem+json, application/json"}
    try:
        answer = http.post(url, json=body, headers=headers)
    except httpx.HTTPError as error:
        raise transport.unreachable(error, url) from error
    try:
        found = answer.json()
    except ValueError as error:
        raise Unexpected("The server's answer is not one of GAS.") from error
    if not isinstance(found, dict):
        raise Unexpected("The server's answer is not one of GAS.")
    if answer.status_code >= 400 and "error" not in found:
        raise _refused(found | {"status": answer.status_code})
    return found


def _refused(found: dict[str, Any]) -> ApiError:
    return ApiError(
        str(found.get("detail") or found.get("error") or "The server refuses to log in devices."),
        status=int(found.get("status") or 400),
        code=str(found.get("code") or found.get("error") or "refused"),
        remedy=str(found.get("remedy") or "Log in with a token: gas login --token FILE"),
    )
