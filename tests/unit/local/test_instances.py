"""Several instances, and HTTPS: what each process is told, and what stands in front."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from local.__main__ import main
from local.addresses import Addresses
from local.balancer import Balancer
from local.errors import LocalError
from local.paths import DataFolder, make_private, socket_folder
from local.restart import BehindBalancer
from local.uwsgi import Scale, Uwsgi, every_port

PLAIN = Addresses()
SECURE = Addresses().with_https()


def environments(
    folder: Path, addresses: Addresses, scale: Scale, service: str
) -> dict[str, dict[str, str]]:
    uwsgi = Uwsgi(DataFolder.at(folder), addresses, scale)
    return {part.name: dict(part.environment) for part in uwsgi.parts(service, {})}


def test_alone_by_http(tmp_path: Path) -> None:
    (found,) = environments(tmp_path, PLAIN, Scale(), "web").values()
    assert found["GAS_HTTP_SOCKET"] == "127.0.0.1:8000"
    assert not {"GAS_HTTPS_SOCKET", "AWS_ENDPOINT_URL_S3"} & found.keys()


def test_alone_by_https_with_a_redirect(tmp_path: Path) -> None:
    (found,) = environments(tmp_path, SECURE, Scale(), "web").values()
    assert found["GAS_HTTPS_SOCKET"] == "127.0.0.1:4433"
    assert found["GAS_REDIRECT_SOCKET"] == "127.0.0.1:8000,4433"
    assert found["AWS_ENDPOINT_URL_S3"] == "https://127.0.0.1:4568"
    assert "GAS_HTTP_SOCKET" not in found


def test_instances_share_no_port_and_no_folder(tmp_path: Path) -> None:
    scale = Scale(web=3, annotators=2)
    web = environments(tmp_path, PLAIN, scale, "web")
    annotators = environments(tmp_path, PLAIN, scale, "annotator")
    assert list(web) == ["web-1", "web-2", "web-3"]
    assert list(annotators) == ["annotator-1", "annotator-2"]
    ports = every_port(SECURE, scale).values()
    assert len(set(ports)) == len(ports)
    folders = [found["GAS_RUN_DIR"] for found in (web | annotators).values()]
    assert len(set(folders)) == 5
    assert {found["AWS_PROFILE"] for found in annotators.values()} == {"annotator"}


def test_the_most_instances_meet_no_other_part() -> None:
    ports = every_port(SECURE, Scale(web=6, annotators=6)).values()
    assert len(set(ports)) == len(ports)


def test_the_balancer_asks_the_instances_for_their_health(tmp_path: Path) -> None:
    text = Balancer(DataFolder.at(tmp_path), PLAIN, Scale(web=2)).configuration()
    assert "bind 127.0.0.1:8000\n" in text
    assert "server web-1 127.0.0.1:8001\n    server web-2 127.0.0.1:8002\n" in text
    assert "listen annotator" not in text
    assert "ssl" not in text


def test_the_balancer_speaks_https_to_both_sides(tmp_path: Path) -> None:
    text = Balancer(DataFolder.at(tmp_path), SECURE, Scale(web=2)).configuration()
    assert "bind 127.0.0.1:4433 ssl crt" in text
    assert "redirect location https://localhost:4433%[capture.req.uri]" in text
    assert text.count("ssl verify required") == 2


def test_without_haproxy_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.balancer.shutil.which", lambda *args, **options: None)
    with pytest.raises(LocalError, match="apt install haproxy"):
        Balancer(DataFolder.at(tmp_path), PLAIN, Scale(web=2)).part()


def test_a_long_path_gets_a_short_folder_for_its_socket(tmp_path: Path) -> None:
    assert socket_folder(tmp_path, "a.socket") == tmp_path
    long = tmp_path / ("x" * 90)
    short = socket_folder(long, "a.socket")
    assert len(os.fsencode(short)) < 100
    assert short == socket_folder(long, "a.socket")


def test_a_private_folder_is_closed_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_runs_that_could_be_restarted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restart", "--data", str(tmp_path)]) == 1
    assert "Nothing runs" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "7"])
def test_as_many_instances_as_there_are_ports_for(
    count: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["up", "--web", count])
    assert "--web" in capsys.readouterr().err


def test_an_instance_leaves_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    state = {"status": "UP", "scur": "0"}

    def answer(self: BehindBalancer, command: str) -> str:
        told.append(command)
        if command.startswith("set server"):
            return ""
        return f"# pxname,svname,scur,status,\nweb,web-2,{state['scur']},{state['status']},\n"

    monkeypatch.setattr(BehindBalancer, "_ask", answer)
    place = BehindBalancer(tmp_path / "control", "web", "web-2")
    place.leave()
    place.come_back()
    assert [command for command in told if command.startswith("set")] == [
        "set server web/web-2 state drain",
        "set server web/web-2 state ready",
    ]
