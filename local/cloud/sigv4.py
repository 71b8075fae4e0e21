"""AWS Signature Version 4, as far as the gateway signs and checks requests itself.

The canonical forms are those of "Create a signed AWS API request" in the IAM User Guide, with the
exception made there for S3: its paths are not normalised and encoded once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote

from multidict import CIMultiDict

from local.cloud.settings import REGION

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = timedelta(minutes=15)
FIELD = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
SIGNED_ALWAYS = ("host", "content-type")


@dataclass(frozen=True)
class Scope:
    """The credential scope of a signature."""

    key_id: str
    day: str
    region: str
    service: str

    @classmethod
    def parse(cls, credential: str) -> Scope | None:
        """Read ``KEY/DAY/REGION/SERVICE/aws4_request``; ``None`` if it is something else."""
        words = credential.split("/")
        return cls(*words[:4]) if len(words) == 5 else None

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class Signed:
    """What a request says about its own signature."""

    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str
    at: str
    token: str
    expires: int | None = None
    """Seconds that a presigned address is good for."""


def signing_key(secret: str, scope: Scope) -> bytes:
    key = ("AWS4" + secret).encode()
    for part in (scope.day, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def sign_policy(secret: str, scope: Scope, policy: str) -> str:
    """The signature of the base64 text of a POST policy."""
    return hmac.new(signing_key(secret, scope), policy.encode(), hashlib.sha256).hexdigest()


def canonical_query(raw_query: str, without: tuple[str, ...] = ()) -> str:
    pairs = parse_qsl(raw_query, keep_blank_values=True)
    encoded = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in pairs
        if name not in without
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


def canonical_request(
    method: str,
    raw_path: str,
    headers: Mapping[str, str],
    names: tuple[str, ...],
    payload_hash: str,
    service: str,
    without: tuple[str, ...] = (),
) -> str:
    path, _, query = raw_path.partition("?")
    # S3 signs the path as it was sent; the others encode it once more.
    canonical_path = quote(unquote(path), safe="/-_.~")
    if service != "s3":
        canonical_path = quote(path, safe="/-_.~")
    lowered: CIMultiDict[str] = CIMultiDict(headers)
    lines = "".join(
        f"{name}:{' '.join(','.join(lowered.getall(name, [''])).split())}\n" for name in names
    )
    return "\n".join(
        [
            method,
            canonical_path or "/",
            canonical_query(query, without),
            lines,
            ";".join(names),
            payload_hash,
        ]
    )


def signature_of(secret: str, scope: Scope, at: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([ALGORITHM, at, str(scope), digest])
    return hmac.new(signing_key(secret, scope), text.encode(), hashlib.sha256).hexdigest()


def sign_headers(
    key_id: str,
    secret: str,
    service: str,
    method: str,
    raw_path: str,
    headers: Mapping[str, str],
    payload_hash: str,
    *,
    token: str = "",
    region: str = REGION,
) -> CIMultiDict[str]:
    """The headers of a request with its signature added; earlier signatures are replaced."""
    signed: CIMultiDict[str] = CIMultiDict(headers)
    for old in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "Date"):
        signed.popall(old, None)
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    signed["X-Amz-Date"] = at
    signed["X-Amz-Content-Sha256"] = payload_hash
    if token:
        signed["X-Amz-Security-Token"] = token
    names = tuple(
        sorted(
            {
                name.lower()
                for name in signed
                if name.lower() in SIGNED_ALWAYS or name.lower().startswith("x-amz-")
            }
        )
    )
    scope = Scope(key_id, at[:8], region, service)
    canonical = canonical_request(method, raw_path, signed, names, payload_hash, service)
    signature = signature_of(secret, scope, at, canonical)
    signed["Authorization"] = (
        f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )
    return signed


def parse_signature(raw_path: str, headers: Mapping[str, str]) -> Signed | None:
    """The signature of a request, from its header or its query; ``None`` if it has none."""
    authorization = headers.get("Authorization", "")
    if authorization.startswith(ALGORITHM):
        fields = dict(FIELD.findall(authorization))
        scope = Scope.parse(fields.get("Credential", ""))
        if scope is None or "Signature" not in fields:
            return None
        return Signed(
            scope,
            tuple(fields.get("SignedHeaders", "").split(";")),
            fields["Signature"],
            headers.get("X-Amz-Date", ""),
            headers.get("X-Amz-Security-Token", ""),
        )
    query = dict(parse_qsl(raw_path.partition("?")[2], keep_blank_values=True))
    scope = Scope.parse(query.get("X-Amz-Credential", ""))
    if scope is None or "X-Amz-Signature" not in query:
        return None
    expires = query.get("X-Amz-Expires", "")
    return Signed(
        scope,
        tuple(query.get("X-Amz-SignedHeaders", "").split(";")),
        query["X-Amz-Signature"],
        query.get("X-Amz-Date", ""),
        query.get("X-Amz-Security-Token", ""),
        int(expires) if expires.isdigit() else 0,
    )


def is_authentic(
    signed: Signed, secret: str, method: str, raw_path: str, headers: Mapping[str, str]
) -> bool:
    """Whether the signature was made with this secret, over this request, and is still good.

    The body is not looked at: what the request says of its hash is part of what is signed.
    """
    presigned = signed.expires is not None
    payload_hash = headers.get("X-Amz-Content-Sha256", UNSIGNED)
    if presigned and signed.scope.service == "s3":
        payload_hash = UNSIGNED
    without = ("X-Amz-Signature",) if presigned else ()
    if not is_timely(signed):
        return False
    canonical = canonical_request(
        method,
        raw_path,
        headers,
        signed.signed_headers,
        payload_hash,
        signed.scope.service,
        without,
    )
    expected = signature_of(secret, signed.scope, signed.at, canonical)
    return hmac.compare_digest(expected, signed.signature)


def is_timely(signed: Signed) -> bool:
    """Whether a signature is neither too old nor from the future."""
    try:
        at = datetime.strptime(signed.at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    if signed.scope.day != signed.at[:8]:
        return False
    age = datetime.now(UTC) - at
    longest = SKEW if signed.expires is None else timedelta(seconds=signed.expires)
    return -SKEW <= age <= longest
