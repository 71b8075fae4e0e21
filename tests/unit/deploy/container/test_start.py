"""How a container starts: its variables, folders and program."""

import json
import ssl
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509

from deploy.container.__main__ import main, program
from deploy.container.certificate import make_certificate
from deploy.container.health import NOTE, healthy
from deploy.container.surroundings import PORTS, StartError, address, with_files
from local.paths import REPOSITORY


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """The folders that an image names, here."""
    return {
        "GAS_RUN_DIR": str(tmp_path / "run" / "service"),
        "GAS_WORK_DIR": str(tmp_path / "cache" / "work"),
    }


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("abc\n")
    given = {"GAS_SECRET_KEY_FILE": str(tmp_path / "key"), "AWS_CONFIG_FILE": "/etc/aws"}
    assert with_files(given) == {"GAS_SECRET_KEY": "abc", "AWS_CONFIG_FILE": "/etc/aws"}


def test_the_environment_goes_before_the_file_of_settings(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text(json.dumps({"GAS_A": "file", "GAS_B": "file"}))
    given = {"GAS_SETTINGS_FILE": str(tmp_path / "web.json"), "GAS_A": "own"}
    assert with_files(given) == {"GAS_A": "own", "GAS_B": "file"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"GAS_SECRET_KEY_FILE": "/nowhere"}, r"/nowhere \(GAS_SECRET_KEY_FILE\) cannot be read"),
        ({"GAS_SETTINGS_FILE": "/nowhere"}, r"GAS_SETTINGS_FILE\) cannot be read"),
        ({"GAS_SETTINGS_FILE": __file__}, "is not JSON"),
        ({"GAS_X": "1", "GAS_X_FILE": "/nowhere"}, "Both GAS_X and GAS_X_FILE are set"),
    ],
)
def test_what_is_wrong_with_files_is_said(given: dict[str, str], says: str) -> None:
    with pytest.raises(StartError, match=says):
        with_files(given)


@pytest.mark.parametrize(("service", "port"), PORTS.items())
def test_a_service_becomes_its_server(service: str, port: int, places: dict[str, str]) -> None:
    started = program(service, ["--die-on-term"], places)
    assert started.path.endswith("/uwsgi-tls")
    ini = str(REPOSITORY / "deploy" / "uwsgi" / f"{service}.ini")
    assert list(started.arguments) == [started.path, "--ini", ini, "--die-on-term"]
    assert Path(ini).is_file()
    assert started.environment["GAS_HTTPS_SOCKET"] == f"0.0.0.0:{port}"
    run = Path(places["GAS_RUN_DIR"])
    assert (run / NOTE).read_text() == f"https://127.0.0.1:{port}/healthz"
    assert Path(started.environment["GAS_TLS_CERT"]).is_relative_to(run)
    for folder in places.values():
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700


def test_a_certificate_that_is_given_is_kept(places: dict[str, str]) -> None:
    given = {
        **places,
        "GAS_TLS_CERT": "/etc/gas/tls/tls.crt",
        "GAS_TLS_KEY": "/etc/gas/tls/tls.key",
    }
    assert program("web", [], given).environment["GAS_TLS_CERT"] == "/etc/gas/tls/tls.crt"


def test_where_something_in_front_ends_tls(places: dict[str, str]) -> None:
    started = program("thaw", [], {**places, "GAS_HTTP_SOCKET": "127.0.0.1:8012"})
    assert "GAS_HTTPS_SOCKET" not in started.environment
    assert address(started.environment) == "http://127.0.0.1:8012/healthz"


@pytest.mark.parametrize(
    ("command", "module"), [("embedded", "local"), ("prepare-store", "deploy.object_store")]
)
def test_other_commands(command: str, module: str, places: dict[str, str]) -> None:
    started = program(command, ["--more"], places)
    assert list(started.arguments)[1:3] == ["-m", module]
    assert started.arguments[-1] == "--more"


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["webb"]) == 2
    assert "There is no command 'webb'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="GAS_RUN_DIR\\) cannot be made"):
        program("web", [], {"GAS_RUN_DIR": str(tmp_path / "file" / "run")})


def test_migrating_needs_a_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GAS_DATABASE_URL", raising=False)
    assert main(["migrate"]) == 2
    assert "GAS_DATABASE_URL" in capsys.readouterr().err


def test_the_certificate_is_for_its_name_and_its_key_for_nobody_else(tmp_path: Path) -> None:
    made = make_certificate(tmp_path / "tls", "pod-1")
    certificate = x509.load_pem_x509_certificate(Path(made["GAS_TLS_CERT"]).read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["pod-1"]
    assert stat.S_IMODE(Path(made["GAS_TLS_KEY"]).stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
        made["GAS_TLS_CERT"], made["GAS_TLS_KEY"]
    )


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answer) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_health(server: str, tmp_path: Path) -> None:
    note = tmp_path / NOTE
    assert healthy(note) == "not started yet"
    note.write_text(f"{server}/healthz")
    assert healthy(note) == ""
    note.write_text(f"{server}/ill")
    assert healthy(note).endswith("answers 503")


def test_health_of_nobody(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text("http://127.0.0.1:9/healthz")
    assert "refused" in healthy(tmp_path / NOTE)
