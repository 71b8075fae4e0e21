"""A whole embedded default of a test's own: started, killed with -9, started again."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil

from local.__main__ import option_of
from local.addresses import Addresses, free_addresses
from local.certificates import Certificates
from tests.support.waiting import wait_until


class Installation:
    """`python -m local up` with its data in `data`, on ports that were free."""

    def __init__(
        self,
        data: Path,
        *,
        environment: dict[str, str] | None = None,
        addresses: Addresses | None = None,
        options: Sequence[str] = (),
    ) -> None:
        """`options` are more of the command line's, such as `--annotators 2`."""
        self.data = data
        self.addresses: Addresses = addresses or free_addresses()
        self._options = options
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def web(self) -> str:
        return self.addresses.url("web")

    @property
    def authority(self) -> Path:
        """Whom programs have to believe if it speaks HTTPS."""
        return Certificates(self.data / "tls").authority

    @property
    def mailbox(self) -> str:
        return self.addresses.url("mailbox")

    def start(self, *, seconds: float = 90) -> None:
        """Start and wait until the web app answers."""
        command = [sys.executable, "-m", "local", "up", "--data", str(self.data)]
        for name, port in self.addresses.by_name().items():
            command += [f"--{option_of(name)}-port", str(port)]
        command += self._options
        with self._output().open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, env=self._environment
            )
        wait_until(self._ready, seconds=seconds, every=0.2)

    def stop(self) -> None:
        """Ctrl-C, and nothing may be left."""
        if self._process is not None:
            processes = self.processes()
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None
            _, alive = psutil.wait_procs(processes, timeout=10)
            assert not alive, f"left over after the stop: {alive}"

    def kill_everything(self) -> None:
        """kill -9 of every process, the supervisor first so that it cannot mend anything."""
        assert self._process is not None
        processes = self.processes()
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(processes, timeout=10)
        self._process.wait(10)
        self._process = None

    def wait_for_end(self) -> int:
        """Wait for a supervisor that somebody else has ended; its exit code."""
        assert self._process is not None
        code = self._process.wait(30)
        self._process = None
        return code

    def processes(self) -> list[psutil.Process]:
        """All processes of this installation, the supervisor first."""
        assert self._process is not None
        supervisor = psutil.Process(self._process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def output(self) -> str:
        """What the supervisor has printed."""
        return self._output().read_text(errors="replace")

    def _output(self) -> Path:
        return self.data.parent / f"{self.data.name}.output"

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the installation ended at its start:\n{self.output()}")
        try:
            tls = ssl.create_default_context(
                cafile=self.authority if self.authority.exists() else None
            )
            answer = httpx.get(f"{self.web}/healthz", timeout=2, verify=tls)
            return answer.status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
