"""Requests to strangers, over socket pairs: pinned, bounded, and never an exception."""

import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gas.webhooks.sender import READ_BYTES, HttpSender

URL = "http://hooks.example.org:8000/a?b=c"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


class Wire:
    """The other side: answers each connection with `answer`, byte by byte if `pause` says so."""

    def __init__(self, answer: bytes, *, pause: float = 0, hold: bool = False) -> None:
        self._answer = answer
        self._pause = pause
        self._hold = hold
        self.connected: list[tuple[str, int]] = []
        self.received = b""
        self._open: list[socket.socket] = []

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.connected.append(address)
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout)
        self._open.append(theirs)
        threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
        return ours

    def close(self) -> None:
        for each in self._open:
            each.close()

    def _serve(self, theirs: socket.socket) -> None:
        try:
            self.received += theirs.recv(65536)
            step = 1 if self._pause else len(self._answer) or 1
            for start in range(0, len(self._answer), step):
                theirs.sendall(self._answer[start : start + step])
                time.sleep(self._pause)
            if not self._hold:
                theirs.close()
        except OSError:
            return


def loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def sender(wire: Wire, seconds: float = 10) -> HttpSender:
    return HttpSender(allow_loopback=True, ask=loopback, connect=wire.connect, seconds=seconds)


def test_a_message_arrives_and_the_answer_comes_back() -> None:
    wire = Wire(OK)
    reply = sender(wire).post(URL, {"webhook-id": "msg_1"}, b'{"a":1}')
    assert (reply.status, reply.body, reply.error) == (200, "hello", "")
    assert reply.headers["content-type"] == "text/plain"
    head, _, body = wire.received.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"Host: hooks.example.org:8000\r\n" in head
    assert b"webhook-id: msg_1" in head
    assert wire.connected == [("127.0.0.1", 8000)]
    assert body in (b'{"a":1}', b"")  # it may come in a packet of its own


def test_a_name_server_that_changes_its_mind_changes_nothing() -> None:
    """DNS rebinding: the first answer is checked and used, the second never asked for."""
    answers = [["93.184.215.14"], ["169.254.169.254"]]
    wire = Wire(OK)
    one = HttpSender(ask=lambda host, port: answers.pop(0), connect=wire.connect, seconds=1)
    one.post("https://hooks.example.org/", {}, b"")
    assert wire.connected == [("93.184.215.14", 443)]
    assert len(answers) == 1
    refused = one.post("https://hooks.example.org/", {}, b"")
    assert "private network" in refused.error
    assert len(wire.connected) == 1


def test_a_redirect_is_an_answer_like_others() -> None:
    wire = Wire(b"HTTP/1.1 307 x\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
    reply = sender(wire).post(URL, {}, b"")
    assert (reply.status, reply.headers["location"]) == (307, "http://169.254.169.254/")
    assert len(wire.connected) == 1


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"FFFFFF\r\n",
    ],
)
def test_no_more_of_an_answer_is_read_than_we_want(start: bytes) -> None:
    wire = Wire(start + b"x" * 1_000_000, hold=True)
    reply = sender(wire, seconds=5).post(URL, {}, b"")
    wire.close()
    assert (reply.status, len(reply.body)) == (200, READ_BYTES)


@pytest.mark.parametrize(
    "wire",
    [
        Wire(b"", hold=True),
        Wire(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 90, pause=0.05, hold=True),
        Wire(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200, pause=0.05, hold=True),
    ],
    ids=["silent", "slow headers", "slow body"],
)
def test_who_answers_slowly_is_cut_off(wire: Wire) -> None:
    began = time.monotonic()
    reply = sender(wire, seconds=0.4).post(URL, {}, b"")
    assert time.monotonic() - began < 3
    wire.close()
    assert reply.status == 0
    assert "within 0.4 seconds" in reply.error


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "not HTTP"),
        (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
        (b"HTTP/1.1 abc\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n", "not HTTP"),
    ],
)
def test_what_is_no_answer_is_told_in_words(answer: bytes, words: str) -> None:
    reply = sender(Wire(answer)).post(URL, {}, b"")
    assert reply.status == 0
    assert words in reply.error


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ConnectionRefusedError(), "refused"),
        (OSError("no route"), "failed"),
        (TimeoutError(), "within"),
        (ssl.SSLError("bad"), "TLS"),
    ],
)
def test_a_connection_that_fails_is_told_in_words(fault: OSError, words: str) -> None:
    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        raise fault

    one = HttpSender(allow_loopback=True, ask=loopback, connect=connect)
    reply = one.post(URL, {}, b"")
    assert reply.status == 0
    assert words in reply.error


def test_the_next_address_is_tried_when_one_is_away() -> None:
    wire = Wire(OK)

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        if address[0] == "::1":
            raise ConnectionRefusedError
        return wire.connect(address, timeout)

    both = HttpSender(
        allow_loopback=True, ask=lambda host, port: ["::1", "127.0.0.1"], connect=connect
    )
    assert both.post(URL, {}, b"").status == 200


def test_a_name_without_an_address_is_told() -> None:
    def ask(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    reply = HttpSender(ask=ask).post("https://nowhere.example.org/", {}, b"")
    assert "could not be resolved" in reply.error


def test_a_server_that_speaks_no_tls_is_told() -> None:
    wire = Wire(b"HTTP/1.1 400 x\r\n\r\n")
    one = HttpSender(allow_loopback=True, ask=loopback, connect=wire.connect)
    assert "TLS" in one.post("https://hooks.example.org/", {}, b"").error


def certificate(name: str, folder: Path) -> Path:
    """A certificate for `name`, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, form, secret))
    return file


@pytest.mark.parametrize(
    ("host", "name", "trusted", "status"),
    [
        ("hooks.example.org", "hooks.example.org", True, 200),
        ("hooks.example.org", "other.example.org", True, 0),
        ("hooks.example.org", "hooks.example.org", False, 0),
        ("127.0.0.1", "hooks.example.org", True, 0),
    ],
)
def test_the_certificate_must_be_valid_for_the_name_and_not_for_the_address(
    tmp_path: Path, host: str, name: str, trusted: bool, status: int
) -> None:
    file = certificate(name, tmp_path)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)

    def serve(theirs: socket.socket) -> None:
        with suppress(OSError), server.wrap_socket(theirs, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(OK)

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout)
        threading.Thread(target=serve, args=(theirs,), daemon=True).start()
        return ours

    context = ssl.create_default_context(cafile=str(file) if trusted else None)
    one = HttpSender(allow_loopback=True, ask=loopback, connect=connect, context=context)
    reply = one.post(f"https://{host}/", {}, b"")
    assert reply.status == status
    assert ("certificate" in reply.error) == (status == 0)
