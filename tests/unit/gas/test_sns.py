import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from flask import Flask

from gas.errors import InvalidSignature, ServiceUnavailable
from gas.sns import SnsVerifier, canonical_form, check_certificate_url
from gas.testing import FakeClock
from gas.webhook import sns_blueprint

TOPIC = "arn:aws:sns:us-east-1:000000000000:gas-test-job-requests"
AWS_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(clock: FakeClock) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.fromtimestamp(clock.now(), UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(KEY, SHA256())
        .public_bytes(Encoding.PEM)
    )


def signed(clock: FakeClock, **changes: str) -> dict[str, str]:
    sent = datetime.fromtimestamp(clock.now(), UTC)
    message = {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": TOPIC,
        "Message": "hello",
        "Timestamp": sent.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": AWS_URL,
    } | changes
    signature = KEY.sign(canonical_form(message), PKCS1v15(), SHA256())
    return message | {"Signature": base64.b64encode(signature).decode()}


class Certificates:
    """A web of certificates that counts visits."""

    def __init__(self, clock: FakeClock) -> None:
        self._pem = certificate(clock)
        self.visits: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.visits.append(url)
        return self._pem


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def certificates(clock: FakeClock) -> Certificates:
    return Certificates(clock)


@pytest.fixture
def verifier(clock: FakeClock, certificates: Certificates) -> SnsVerifier:
    return SnsVerifier(
        topics=frozenset({TOPIC}),
        clock=clock,
        trusted_cert_url="http://127.0.0.1:4566/cert.pem",
        fetch=certificates,
    )


def test_the_canonical_form_is_the_documented_one() -> None:
    message = {
        "Type": "Notification",
        "MessageId": "id",
        "TopicArn": "arn",
        "Subject": "s",
        "Message": "m",
        "Timestamp": "t",
    }
    assert canonical_form(message) == (
        b"Message\nm\nMessageId\nid\nSubject\ns\nTimestamp\nt\nTopicArn\narn\nType\nNotification\n"
    )


def test_genuine_messages_pass_and_the_certificate_is_fetched_once(
    verifier: SnsVerifier, clock: FakeClock, certificates: Certificates
) -> None:
    verifier.verify(signed(clock))
    verifier.verify(signed(clock, Subject="with a subject"))
    verifier.verify(
        signed(clock, Type="SubscriptionConfirmation", Token="t", SubscribeURL="http://x")
    )
    assert certificates.visits == [AWS_URL]


@pytest.mark.parametrize(
    "forgery",
    [
        {"Message": "other"},
        {"TopicArn": TOPIC + "-else"},
        {"SignatureVersion": "1"},
        {"TopicArn": {"a": "dictionary"}},
        {"Signature": "!!"},
        {"Signature": "é"},
        {"Message": "\ud800"},
        {"Signature": base64.b64encode(b"x" * 256).decode()},
        {"Type": "Invitation"},
        {"Timestamp": "yesterday"},
        {"SigningCertURL": "https://evil.example/SimpleNotificationService-0123456789abcdef.pem"},
    ],
)
def test_forgeries_are_refused(
    verifier: SnsVerifier, clock: FakeClock, forgery: dict[str, object]
) -> None:
    with pytest.raises(InvalidSignature):
        verifier.verify(signed(clock) | forgery)


@pytest.mark.parametrize(("later", "fresh"), [(3600, True), (3601, False), (-301, False)])
def test_old_messages_cannot_be_replayed(
    verifier: SnsVerifier, clock: FakeClock, later: int, fresh: bool
) -> None:
    message = signed(clock)
    clock.advance(later)
    if fresh:
        verifier.verify(message)
    else:
        with pytest.raises(InvalidSignature):
            verifier.verify(message)


@pytest.mark.parametrize(
    "url",
    [
        "",
        AWS_URL.replace("https", "http"),
        AWS_URL.replace("sns.us", "sns.evil.us"),
        AWS_URL.replace("amazonaws.com", "amazonaws.com.evil.example"),
        AWS_URL.replace("amazonaws.com/", "amazonaws.com@evil.example/"),
        AWS_URL.replace("amazonaws.com/", "amazonaws.com:8443/"),
        AWS_URL + "?x=1",
        AWS_URL.replace("SimpleNotificationService-", "../bucket/"),
        "http://127.0.0.1:4566/cert.pem?x",
        "file:///etc/passwd",
    ],
)
def test_certificates_are_fetched_from_sns_only(url: str) -> None:
    with pytest.raises(InvalidSignature):
        check_certificate_url(url)


class Endpoint:
    """The webhook in a Flask test client."""

    def __init__(self, verifier: SnsVerifier) -> None:
        self.woken = 0
        self.confirmed: list[tuple[str, str]] = []
        self.fault: Exception | None = None
        app = Flask(__name__)
        app.register_blueprint(
            sns_blueprint("/push", verifier=verifier, confirm=self._confirm, wake=self._wake)
        )
        self._client = app.test_client()

    def post(self, message: object) -> int:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self._client.post("/push", data=body).status_code

    def _wake(self) -> None:
        self.woken += 1

    def _confirm(self, topic: str, token: str) -> None:
        if self.fault:
            raise self.fault
        self.confirmed.append((topic, token))


def test_the_webhook_wakes_confirms_and_refuses(verifier: SnsVerifier, clock: FakeClock) -> None:
    endpoint = Endpoint(verifier)
    handshake = signed(
        clock, Type="SubscriptionConfirmation", Token="tok", SubscribeURL="http://169.254.169.254/"
    )
    assert endpoint.post(signed(clock)) == 200
    assert endpoint.woken == 1
    assert endpoint.post(handshake) == 200
    assert endpoint.confirmed == [(TOPIC, "tok")]
    assert endpoint.post(signed(clock) | {"Message": "forged"}) == 403
    assert endpoint.post(b"not json") == 403
    assert endpoint.post(b"[1]") == 403
    assert endpoint.post(b"[" * 100_000) == 403
    assert endpoint.post(b" " * (600 * 1024)) == 403
    endpoint.fault = ServiceUnavailable("SNS is away")
    assert endpoint.post(handshake) == 503
    assert endpoint.woken == 1
