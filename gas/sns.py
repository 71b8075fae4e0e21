"""Verification of SNS messages that arrive over HTTP.

Rule: "Verifying the signatures of Amazon SNS messages" in the SNS developer guide. Only
SignatureVersion 2 (RSA PKCS #1 v1.5 over SHA-256) is accepted. The signing certificate is
fetched from an SNS host of AWS over TLS, or from the one further address named in the
settings, never from wherever the message says, and without following redirects.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature as BadSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from gas.errors import InvalidSignature, ServiceUnavailable
from gas.ports import Clock

_HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?\Z")
_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]{8,64}\.pem\Z")
_MAX_AGE = 3600
_MAX_AHEAD = 300
_MAX_CERTIFICATE = 16 * 1024
_CONFIRMATION = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
_SIGNED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_OPTIONAL = frozenset({"Subject"})

FetchCertificate = Callable[[str], bytes]


class SnsVerifier:
    """Checks topic, certificate address, signature and age of a message."""

    def __init__(
        self,
        *,
        topics: frozenset[str],
        clock: Clock,
        trusted_cert_url: str = "",
        fetch: FetchCertificate | None = None,
    ) -> None:
        self._topics = topics
        self._clock = clock
        self._trusted_cert_url = trusted_cert_url
        self._fetch = fetch or fetch_certificate
        self._keys: dict[str, RSAPublicKey] = {}
        self._lock = Lock()

    def verify(self, message: Mapping[str, Any]) -> None:
        """Returns when the message is SNS's own and fresh.

        Raises:
            InvalidSignature: it is not.
            ServiceUnavailable: the certificate cannot be fetched just now.
        """
        kind = message.get("Type")
        if not isinstance(kind, str) or kind not in _SIGNED_FIELDS:
            raise InvalidSignature("unknown message type")
        if str(message.get("TopicArn")) not in self._topics:
            raise InvalidSignature("message of a topic that is not ours")
        if message.get("SignatureVersion") != "2":
            raise InvalidSignature("SignatureVersion is not 2")
        self._check_age(str(message.get("Timestamp", "")))
        key = self._key(str(message.get("SigningCertURL", "")))
        try:
            signature = base64.b64decode(str(message.get("Signature", "")), validate=True)
            key.verify(signature, canonical_form(message), PKCS1v15(), SHA256())
        except (BadSignature, ValueError) as error:
            raise InvalidSignature("the signature does not match") from error

    def _check_age(self, timestamp: str) -> None:
        try:
            sent = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise InvalidSignature("the timestamp is malformed") from error
        age = self._clock.now() - sent.timestamp()
        if not -_MAX_AHEAD <= age <= _MAX_AGE:
            raise InvalidSignature("the message is too old")

    def _key(self, url: str) -> RSAPublicKey:
        if url != self._trusted_cert_url or not url:
            check_certificate_url(url)
        with self._lock:
            if url not in self._keys:
                self._keys[url] = _public_key(self._fetch(url), self._clock.now())
            return self._keys[url]


def check_certificate_url(url: str) -> None:
    """Accepts only addresses at which AWS keeps SNS's certificates.

    Raises:
        InvalidSignature: any other address.
    """
    parts = urlsplit(url)
    if (
        parts.scheme != "https"
        or not _HOST.match(parts.netloc)
        or not _PATH.match(parts.path)
        or parts.query
        or parts.fragment
    ):
        raise InvalidSignature("the signing certificate is not at an SNS address")


def canonical_form(message: Mapping[str, Any]) -> bytes:
    """What SNS signs: `name LF value LF` of the fields that belong to the type, in byte order.

    Raises:
        InvalidSignature: a field that must be there is missing.
    """
    lines = []
    for field in _SIGNED_FIELDS[message["Type"]]:
        value = message.get(field)
        if value is None and field in _OPTIONAL:
            continue
        if not isinstance(value, str):
            raise InvalidSignature(f"{field} is missing")
        lines.append(f"{field}\n{value}\n")
    return "".join(lines).encode()


def fetch_certificate(url: str) -> bytes:
    """The PEM text at `url`: short time-out, no redirects, bounded size.

    Raises:
        ServiceUnavailable: it cannot be had.
    """
    try:
        with httpx.stream("GET", url, timeout=5, follow_redirects=False) as response:
            if response.status_code != httpx.codes.OK:
                raise ServiceUnavailable(f"signing certificate: HTTP {response.status_code}")
            content = b""
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _MAX_CERTIFICATE:
                    raise ServiceUnavailable("signing certificate: too large")
            return content
    except httpx.HTTPError as error:
        raise ServiceUnavailable(f"signing certificate: {error!r}") from error


def _public_key(pem: bytes, now: int) -> RSAPublicKey:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise InvalidSignature("the signing certificate cannot be read") from error
    moment = datetime.fromtimestamp(now, UTC)
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise InvalidSignature("the signing certificate is not valid now")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise InvalidSignature("the signing certificate has no RSA key")
    return key
