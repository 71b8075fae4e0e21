"""Who may come in at all.

ministack takes some keys for the root without asking for a signature (``test``, account numbers,
and the root's own key id), and answers a few requests that are not signed. Neither passes here:
a request is signed by Signature Version 4 with a key of this cloud, or it is one of the few that
carry their proof elsewhere. The root's signatures are checked by the gateway (``sessions.py``),
all others by ministack.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from multidict import CIMultiDict

from local.addresses import HOST
from local.cloud.sigv4 import ALGORITHM, parse_signature

KEY_ID = re.compile(r"(AKIA|ASIA)[0-9A-Z]{16}$")
BLOCKED_ROOTS = ("latest", "health")
"""First path segments that, beside those with an underscore, lead to ministack's own pages.
None of these asks for a signature."""
UNSIGNED_ACTIONS = ("ConfirmSubscription", "Unsubscribe")
"""The links in the messages of SNS; the first carries a token."""


def is_local(host: str) -> bool:
    """Whether a Host header names this machine. Other names come by tricks with DNS."""
    name, _, port = host.rpartition(":")
    return (name if port.isdigit() else host) in (HOST, "localhost", "[::1]")


def is_blocked(raw_path: str) -> bool:
    """Whether a path leads to an administrative page of ministack."""
    path = unquote(raw_path.partition("?")[0])
    first = path.lstrip("/").partition("/")[0].lower()
    return first.startswith("_") or first in BLOCKED_ROOTS


def may_enter(method: str, raw_path: str, headers: CIMultiDict[str]) -> bool:
    """Whether a request bears a signature to check, or needs none."""
    query = dict(parse_qsl(raw_path.partition("?")[2], keep_blank_values=True))
    given = headers.getall("Authorization", [])
    names = {name.lower() for name in query}
    if "awsaccesskeyid" in names or len(given) > 1:
        return False
    if not given and "x-amz-credential" not in names:
        return _needs_no_signature(method, query, headers)
    if given and ("x-amz-credential" in names or not given[0].startswith(ALGORITHM + " ")):
        return False
    signed = parse_signature(raw_path, headers)
    return signed is not None and KEY_ID.match(signed.scope.key_id) is not None


def _needs_no_signature(method: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    if method == "OPTIONS":
        return True
    if method == "POST":  # the signature is in the form
        return headers.get("Content-Type", "").startswith("multipart/form-data")
    return method == "GET" and query.get("Action") in UNSIGNED_ACTIONS


def is_trusted_form(fields: Mapping[str, str]) -> bool:
    """Whether a browser upload names a key of this cloud, or none."""
    key_id = fields.get("x-amz-credential", "").partition("/")[0]
    return "awsaccesskeyid" not in fields and (not key_id or KEY_ID.match(key_id) is not None)
