"""`python -m local up` as a person meets it: second start, busy ports, death, the end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from local.addresses import HOST, is_free
from local.lock import DataLock
from local.paths import REPOSITORY
from local.records import MARK
from tests.support.installation import Installation
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("up") / "data")
    made.start()
    yield made
    made.stop()


def local(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def parts_of(data: Path) -> list[psutil.Process]:
    """The processes that work for a data folder; ones that we may not look at are not ours."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(data.resolve()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def holder(installation: Installation) -> int:
    found = DataLock(installation.data / "run").holder()
    assert found is not None
    return found.pid


def test_the_last_line_is_the_address(installation: Installation) -> None:
    wait_until(lambda: installation.output().endswith(f"\n{installation.web}\n"), seconds=60)


def test_status_names_the_parts_and_the_address(installation: Installation) -> None:
    told = local("status", "--data", str(installation.data))
    assert told.returncode == 0
    assert told.stdout.endswith(f"{installation.web}\n")
    for part in ("postgres", "cloud", "globus", "mailbox", "web", "annotator"):
        assert f"  {part} " in told.stdout


def test_a_second_up_on_the_same_data_says_so(installation: Installation) -> None:
    told = local("up", "--data", str(installation.data))
    assert told.returncode == 1
    assert f"process {holder(installation)}): {installation.web}" in told.stderr


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        told = local("up", "--data", str(tmp_path), "--web-port", str(port))
    assert told.returncode == 1
    assert f"Port {port}, wanted for web, is in use" in told.stderr
    assert "--port-offset" in told.stderr


def test_a_part_that_is_killed_comes_back(installation: Installation) -> None:
    (mailbox,) = (p for p in parts_of(installation.data) if "local.mailbox" in p.cmdline())
    mailbox.kill()
    wait_until(lambda: "The mailbox is ready again." in installation.output(), seconds=30)
    assert httpx.get(f"{installation.mailbox}/healthz").status_code == 200


def test_nothing_listens_on_the_network(installation: Installation) -> None:
    addresses = {
        connection.laddr.ip
        for process in installation.processes()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {HOST}


def test_services_have_their_own_role_and_no_keys(installation: Installation) -> None:
    for part in parts_of(installation.data):
        command = " ".join(part.cmdline())
        if "web.ini" in command or "annotator.ini" in command:
            environment = part.environ()
            assert not any(n.startswith(("AWS_ACCESS", "AWS_SECRET")) for n in environment)
            assert environment["AWS_PROFILE"] in ("web", "annotator")


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_works(
    installation: Installation,
) -> None:
    psutil.Process(holder(installation)).send_signal(signal.SIGKILL)
    assert installation.wait_for_end() == -signal.SIGKILL
    wait_until(lambda: not parts_of(installation.data), seconds=30)
    installation.start()
    wait_until(lambda: installation.output().endswith(f"\n{installation.web}\n"), seconds=60)


def test_stop_ends_everything(installation: Installation) -> None:
    told = local("stop", "--data", str(installation.data))
    assert told.returncode == 0
    assert installation.wait_for_end() == 0
    assert parts_of(installation.data) == []
    assert all(is_free(port) for port in installation.addresses.by_name().values())
    assert local("status", "--data", str(installation.data)).returncode == 3
    installation.start()
