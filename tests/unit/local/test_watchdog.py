"""The watchdog: what it makes of the supervisor's lines, and that a dead supervisor's parts end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from local.paths import REPOSITORY
from local.watchdog import follow, stop


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        ([], {}),
        (["+ 10 15", "+ 11 2"], {10: 15, 11: 2}),
        (["+ 10 15", "- 10"], {}),
        (["+ 10 15", "- 99"], {10: 15}),
        (["+ 10 15", "bye"], {}),
        (["", "something else", "+ 10 15"], {10: 15}),
    ],
)
def test_follow(lines: list[str], groups: dict[int, int]) -> None:
    assert follow(lines) == groups


def sleeper(*, stubborn: bool = False) -> subprocess.Popen[bytes]:
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if stubborn else ""
    code = f"import signal, time; {ignore} print(flush=True); time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


def test_stop_asks_first() -> None:
    process = sleeper()
    stop({process.pid: signal.SIGTERM}, patience=0.2)
    assert process.wait(10) == -signal.SIGTERM


def test_stop_kills_what_does_not_listen() -> None:
    process = sleeper(stubborn=True)
    stop({process.pid: signal.SIGTERM}, patience=0.1)
    assert process.wait(10) == -signal.SIGKILL


def test_the_parts_end_when_the_pipe_breaks() -> None:
    """The pipe breaks when the supervisor is killed: nobody says bye."""
    process = sleeper()
    watchdog = subprocess.Popen(
        [sys.executable, "-m", "local.watchdog"],
        stdin=subprocess.PIPE,
        cwd=REPOSITORY,
        start_new_session=True,
    )
    assert watchdog.stdin is not None
    watchdog.stdin.write(f"+ {process.pid} {int(signal.SIGTERM)}\n".encode())
    watchdog.stdin.flush()
    assert process.poll() is None
    watchdog.stdin.close()
    assert process.wait(20) == -signal.SIGTERM
    assert watchdog.wait(20) == 0


def test_a_clean_end_leaves_the_parts_alone() -> None:
    process = sleeper()
    done = subprocess.run(
        [sys.executable, "-m", "local.watchdog"],
        input=f"+ {process.pid} {int(signal.SIGTERM)}\nbye\n".encode(),
        cwd=REPOSITORY,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0
    assert process.poll() is None
    process.kill()
    process.wait(10)
