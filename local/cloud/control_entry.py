"""One entry of the control log: what is kept of a request, and when two ask for the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from local.cloud.calls import Call
from local.cloud.journal import Statement
from local.cloud.sessions import without_signature

ONE_TIME = re.compile(r"client_?(request_?)?token|idempotency", re.IGNORECASE)
KEPT_HEADERS = re.compile(
    r"(content-type|content-md5|x-amz-(?!date|security-token|content-sha256).*)$"
)
IDS = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|AKIA[0-9A-Z]{16}"
    rb"|secret:[\w/+=.@-]+-[0-9A-Za-z]{6}"
)
"""What ministack makes up by chance, and differently at every replay."""


def fingerprint(call: Call) -> str:
    """Equal for requests that ask for the same."""
    if call.headers.get("X-Amz-Target") or call.body.startswith(b"{"):
        body = json.dumps(
            {k: v for k, v in call.json().items() if not ONE_TIME.match(k)}, sort_keys=True
        )
    elif " " not in call.action:
        body = urlencode(sorted((k, v) for k, v in call.form().items() if not ONE_TIME.match(k)))
    else:
        body = hashlib.sha256(call.body).hexdigest()
    path = without_signature(call.raw_path)
    text = "\n".join([call.service, call.action, call.method, path, call.region, body])
    return hashlib.sha256(text.encode()).hexdigest()


def is_creation(call: Call) -> bool:
    """Whether repeating this request changes nothing as long as its thing exists."""
    if " " not in call.action:
        return call.action.startswith(("Create", "Register", "Subscribe"))
    is_bucket = call.service == "s3" and call.method == "PUT" and "?" not in call.raw_path
    return is_bucket or (call.service == "lambda" and call.method == "POST")


def entry_of(
    call: Call,
    answer: bytes,
    mark: str,
    *,
    name: str | None = None,
    body: bytes | None = None,
    action: str | None = None,
) -> Statement:
    """The insertion of a request into the control log."""
    return (
        "INSERT INTO control (name, fingerprint, service, action, region, method, path, "
        "headers, body, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            name,
            mark,
            call.service,
            action or call.action,
            call.region,
            call.method,
            without_signature(call.raw_path),
            kept_headers(call),
            call.body if body is None else body,
            answer,
        ),
    )


def kept_headers(call: Call) -> str:
    """The headers that a request needs when it is sent again, as JSON."""
    kept = {n: value for n, value in call.headers.items() if KEPT_HEADERS.match(n.lower())}
    return json.dumps(kept)


def pair_ids(old: bytes, new: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The ids that a repeated request gave out anew: what they were, what they are."""
    before, after = IDS.findall(old), IDS.findall(new)
    if len(before) == len(after):
        yield from (pair for pair in zip(before, after, strict=True) if pair[0] != pair[1])


def rename(text: bytes, renamed: Mapping[bytes, bytes]) -> bytes:
    """A request with the ids of today."""
    if not renamed:
        return text
    return IDS.sub(lambda found: renamed.get(found[0], found[0]), text)
