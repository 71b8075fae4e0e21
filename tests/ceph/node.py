"""One node of Ceph on the loopback interface: a monitor, an OSD and the S3 gateway.

For proofs only: no authentication inside the cluster, one copy of everything.
"""

import json
import random
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psutil

from tests.ceph.packages import Programs

HOST: Final = "127.0.0.1"
_PORTS = (10_000, 32_000)
_BLOCKS = 20 * 1024**3
"""Most bytes that the store holds; the file is sparse."""

_CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = [v1:127.0.0.1:{mon}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind port min = {osd}
ms bind port max = {osd_end}
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
run dir = {data}
admin socket = {data}/$name.$pid.asok
log file = {data}/$name.log
plugin dir = {libraries}/ceph
erasure code dir = {libraries}/ceph/erasure-code
osd class dir = {libraries}/rados-classes
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
[mon.a]
mon data = {data}/mon
[osd.0]
osd data = {data}/osd
osd objectstore = bluestore
bluestore block size = {blocks}
bluestore block create = true
osd memory target = 939524096
[client.rgw]
rgw data = {data}/rgw
rgw frontends = beast endpoint=127.0.0.1:{gateway}
# Plain HTTP: on a hospital's network the gateway has a certificate, and this stays as it is.
rgw crypt require ssl = false
"""


class NodeFailed(Exception):
    """A part of the node did not start; the text has the end of its log."""


class CephNode:
    """A node with its data in `data`, on ports that were free."""

    def __init__(self, programs: Programs, data: Path) -> None:
        self.programs = programs
        self.data = data
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        ports = _free_ports(3)
        self.gateway_port = ports[2]
        self.url = f"http://{HOST}:{self.gateway_port}"
        self._text = _CONFIGURATION.format(
            fsid=uuid4(),
            mon=ports[0],
            osd=ports[1],
            osd_end=ports[1] + 40,
            gateway=ports[2],
            data=data,
            libraries=programs.libraries,
            blocks=_BLOCKS,
        )

    def start(self) -> None:
        """Make the cluster and start all of it; returns when the gateway answers.

        Raises:
            NodeFailed: a part ended.
        """
        for folder in ("mon", "osd", "rgw"):
            (self.data / folder).mkdir(parents=True)
        self._configuration.write_text(self._text, encoding="utf-8")
        self._make_monitor()
        self._start("ceph-mon", "-i", "a")
        osd = str(uuid4())
        self._until(lambda: self._call("ceph", "--connect-timeout", "5", "osd", "new", osd) == "0")
        self._call("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._start("ceph-osd", "-i", "0")
        self._until(lambda: "1 up" in self._call("ceph", "osd", "stat"))
        self.start_gateway()

    def start_gateway(self) -> None:
        """Start the gateway alone, after it has ended."""
        self._start("radosgw", "-n", "client.rgw")
        self._until(self._answers)

    def restart_gateway(self, settings: str) -> None:
        """Start the gateway again with more lines in its section of ceph.conf."""
        self._end(self._running.pop("radosgw"))
        with self._configuration.open("a", encoding="utf-8") as file:
            file.write(settings)
        self.start_gateway()

    def stop(self) -> None:
        """End every process; the gateway first, the monitor last."""
        for name in ("radosgw", "ceph-osd", "ceph-mon"):
            if name in self._running:
                self._end(self._running.pop(name))

    def add_user(self, name: str) -> tuple[str, str]:
        """A user of the gateway: the id of the access key, and the key."""
        command = ("user", "create", "--uid", name, "--display-name", name)
        keys = self.admin(*command)["keys"][0]
        return keys["access_key"], keys["secret_key"]

    def admin(self, *arguments: str) -> Any:
        """What `radosgw-admin` answers."""
        return json.loads(self._call("radosgw-admin", "-n", "client.rgw", *arguments))

    def memory(self) -> int:
        """Bytes that all processes hold in memory."""
        return sum(psutil.Process(each.pid).memory_info().rss for each in self._running.values())

    @property
    def _configuration(self) -> Path:
        return self.data / "ceph.conf"

    def _make_monitor(self) -> None:
        lines = dict(
            line.split(" = ", 1) for line in self._text.splitlines() if line and " = " in line
        )
        monmap = str(self.data / "monmap")
        fsid, address = lines["fsid"], lines["mon host"]
        self._call("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap)
        self._call("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)

    def _start(self, name: str, *arguments: str) -> None:
        command = [self.programs.path(name), "-c", str(self._configuration), "-f", *arguments]
        with (self.data / f"{name}.output").open("ab") as output:
            self._running[name] = subprocess.Popen(
                command, stdout=output, stderr=output, env=self.programs.environment()
            )

    def _call(self, name: str, *arguments: str) -> str:
        configured = [] if name == "monmaptool" else ["-c", str(self._configuration)]
        done = subprocess.run(
            [self.programs.path(name), *configured, *arguments],
            env=self.programs.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != 0:
            raise NodeFailed(f"{name} {' '.join(arguments[:3])}: {done.stderr[-800:]}")
        return done.stdout.strip()

    def _until(self, holds: Callable[[], bool], *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            for name, process in self._running.items():
                if process.poll() is not None:
                    output = (self.data / f"{name}.output").read_text(errors="replace")
                    raise NodeFailed(f"{name} ended: {output[-800:]}")
            if time.monotonic() > deadline:
                raise NodeFailed(f"Ceph is not ready after {seconds:.0f} s; see {self.data}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((HOST, self.gateway_port)) == 0

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, each with room for the next forty."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(*_PORTS, 50)
        with socket.socket() as probe:
            if port not in found and probe.connect_ex((HOST, port)) != 0:
                found.append(port)
    return found
