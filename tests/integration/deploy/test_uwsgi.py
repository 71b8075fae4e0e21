"""`deploy/uwsgi/common.ini` around a tiny app: stops, reloads and TLS, with the real uWSGI."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from local.addresses import HOST, free_addresses
from local.certificates import Certificates
from local.paths import REPOSITORY
from local.uwsgi import program
from tests.support.waiting import wait_until

APP = """
import os, pathlib, ssl, time
gate = pathlib.Path(os.environ["GATE"])
context = ssl.create_default_context()
def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        (gate / "entered").touch()
        while not (gate / "open").exists():
            time.sleep(0.02)
    body = str(os.getpid()).encode()
    if path == "/large":
        body = bytes(3_000_000)
    if path == "/size":
        body = str(len(environ["wsgi.input"].read())).encode()
    if path == "/ssl":  # a stale error in OpenSSL's queue is raised by the next use of it
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            body = b"well"
    start_response("200 OK", [("X-Scheme", environ["wsgi.url_scheme"])])
    return [body]
"""
INI = f"""
[uwsgi]
strict = true
pythonpath = %d
module = app:application
need-app = true
set-placeholder = service=tiny
if-env = GAS_HTTP_SOCKET
set-placeholder = plain=%(_)
endif =
threads = 4
include = {REPOSITORY}/deploy/uwsgi/common.ini
"""

needs_tls = pytest.mark.skipif(
    not program(tls=True).exists(), reason="needs scripts/build_uwsgi.sh"
)
both = pytest.mark.parametrize("tls", [False, pytest.param(True, marks=needs_tls)])


@dataclass
class Served:
    """A running uWSGI with the tiny app."""

    folder: Path
    url: str
    port: int
    redirect_port: int
    process: subprocess.Popen[bytes]
    certificates: Certificates

    def client(self) -> httpx.Client:
        trust: ssl.SSLContext | bool = True
        if self.url.startswith("https"):
            trust = ssl.create_default_context(cafile=self.certificates.authority)
        return httpx.Client(base_url=self.url, verify=trust, timeout=30)

    def get(self, path: str = "/") -> httpx.Response:
        with self.client() as client:
            return client.get(path)

    def wait_until_slow_is_entered(self) -> None:
        wait_until((self.folder / "entered").exists, seconds=30, every=0.02)

    def certificate_number(self) -> str:
        """The serial number of the certificate that is served; empty while nobody answers."""
        context = ssl.create_default_context(cafile=self.certificates.authority)
        try:
            with (
                socket.create_connection((HOST, self.port), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as secure,
            ):
                found = secure.getpeercert()
                return str(found["serialNumber"]) if found else ""
        except OSError:
            return ""


@contextmanager
def serving(folder: Path, *, tls: bool) -> Iterator[Served]:
    (folder / "app.py").write_text(APP)
    (folder / "tiny.ini").write_text(INI)
    (folder / "tiny.reload").touch()
    certificates = Certificates(folder / "tls")
    addresses = free_addresses()
    port, redirect_port = addresses.web, addresses.annotator
    environment = {
        **os.environ,
        "GATE": str(folder),
        "GAS_RUN_DIR": str(folder),
        "GAS_HTTP_SOCKET": f"{HOST}:{port}",
    }
    url = f"http://{HOST}:{port}"
    if tls:
        certificates.renew()
        url = f"https://localhost:{port}"
        environment |= {
            "GAS_HTTPS_SOCKET": f"{HOST}:{port}",
            "GAS_TLS_CERT": str(certificates.certificate),
            "GAS_TLS_KEY": str(certificates.key),
            "GAS_REDIRECT_SOCKET": f"{HOST}:{redirect_port},{port}",
        }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program(tls=tls), "--ini", str(folder / "tiny.ini")],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    served = Served(folder, url, port, redirect_port, process, certificates)
    try:
        wait_until(lambda: answers(served), seconds=60)
        yield served
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def answers(served: Served) -> bool:
    assert served.process.poll() is None, (served.folder / "log").read_text()
    try:
        return served.get().is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: UNIX sockets take no long one."""
    return tmp_path_factory.mktemp("u")


@both
def test_what_is_under_way_at_a_stop_is_finished(folder: Path, tls: bool) -> None:
    with serving(folder, tls=tls) as served:
        answered: list[httpx.Response] = []
        thread = threading.Thread(target=lambda: answered.append(served.get("/slow")))
        thread.start()
        served.wait_until_slow_is_entered()
        served.process.send_signal(signal.SIGTERM)
        wait_until(lambda: b"graceful" in (folder / "log").read_bytes(), seconds=30)
        (folder / "open").touch()
        thread.join(30)
        assert served.process.wait(30) == 0
    assert [answer.status_code for answer in answered] == [200]


@both
def test_a_chain_reload_answers_every_request(folder: Path, tls: bool) -> None:
    with serving(folder, tls=tls) as served:
        before = served.get().text

        def someone_new() -> bool:
            answer = served.get()  # raises if it is refused or cut off
            assert answer.status_code == 200
            return answer.text != before

        (folder / "tiny.reload").touch()
        wait_until(someone_new, seconds=60, every=0.02)


@needs_tls
def test_https(folder: Path) -> None:
    with serving(folder, tls=True) as served, served.client() as client:
        answer = client.get("/")
        assert answer.headers["X-Scheme"] == "https"
        assert answer.headers["Connection"] == "close"
        assert len(client.get("/large").content) == 3_000_000
        assert client.post("/size", content=bytes(300_000)).text == "300000"
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://{HOST}:{served.port}/")
        plain = httpx.get(f"http://localhost:{served.redirect_port}/a?b=c")
        assert plain.status_code == 301
        assert plain.headers["Location"] == f"{served.url}/a?b=c"
        # uWSGI leaves none of its own errors to what Python does with OpenSSL
        assert client.get("/ssl").text == "well"
        socket_file = folder / "tiny.socket"
        assert socket_file.stat().st_mode & 0o077 == 0


@needs_tls
@pytest.mark.parametrize(
    ("option", "refused"), [("-tls1", True), ("-tls1_1", True), ("-tls1_2", False)]
)
def test_old_versions_of_tls_are_refused(folder: Path, option: str, refused: bool) -> None:
    with serving(folder, tls=True) as served:
        command = ["openssl", "s_client", "-connect", f"{HOST}:{served.port}", option]
        done = subprocess.run(
            [*command, "-cipher", "ALL:@SECLEVEL=0"], input=b"", capture_output=True, check=False
        )
    assert (b"Cipher is (NONE)" in done.stdout) is refused
    if not refused:
        assert b"ECDHE" in done.stdout


@needs_tls
def test_a_renewed_certificate_is_served(folder: Path) -> None:
    with serving(folder, tls=True) as served:
        before = served.certificate_number()
        served.certificates.certificate.unlink()
        served.certificates.renew()
        wait_until(lambda: served.certificate_number() not in ("", before), seconds=60)
        assert served.get().is_success
