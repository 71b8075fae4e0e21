"""The loopback addresses of the parts, and whether their ports are free."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import psutil

from local.errors import LocalError

HOST = "127.0.0.1"
HTTPS = 4433
CLOUD_HTTPS = 4568
_TEST_PORTS = (10_000, 32_000)


@dataclass(frozen=True)
class Addresses:
    """The TCP port of each part. All of them listen on the loopback interface only."""

    web: int = 8000
    annotator: int = 8010
    archiver: int = 8011
    thaw: int = 8012
    globus: int = 8020
    mailbox: int = 8030
    stripe: int = 8040
    traces: int = 8050
    cloud: int = 4566
    relay: int = 4567
    """The cloud's own second port: it signs and repeats the notifications of SNS."""
    https: int = 0
    """The web app by HTTPS; 0: it is served by plain HTTP. Then `web` leads here."""
    cloud_https: int = 0
    """The cloud by HTTPS, where browsers bring and fetch files; 0 with `https`."""

    def with_https(self) -> Addresses:
        """The same addresses, with those of HTTPS at their usual places."""
        return replace(self, https=HTTPS, cloud_https=CLOUD_HTTPS)

    def shifted(self, offset: int) -> Addresses:
        """The same addresses, each port ``offset`` higher.

        Raises:
            LocalError: one of them would not be a port.
        """
        ports = {name: port + offset for name, port in self.by_name().items()}
        if not all(1 <= port <= 65535 for port in ports.values()):
            raise LocalError(
                f"With an offset of {offset}, not every port lies between 1 and 65535. "
                "Give another --port-offset."
            )
        return self.with_ports(ports)

    def with_ports(self, ports: Mapping[str, int]) -> Addresses:
        """The same addresses with some ports given by the name of their part."""
        return replace(self, **ports)

    def by_name(self) -> dict[str, int]:
        """The ports in use, by the name of their part."""
        ports = {field.name: int(getattr(self, field.name)) for field in fields(self)}
        return {name: port for name, port in ports.items() if port}

    def url(self, part: str) -> str:
        """Where a part is found; the web app by HTTPS if it is served so."""
        if part == "web" and self.https:
            return f"https://localhost:{self.https}"
        return f"http://{HOST}:{self.by_name()[part]}"

    def upload_url(self) -> str:
        """Where browsers find S3: no page that came by HTTPS may fetch from anywhere else."""
        return f"https://{HOST}:{self.cloud_https}" if self.cloud_https else self.url("cloud")


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            if fault.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_addresses(*, https: bool = False) -> Addresses:
    """Addresses on ports that nobody uses at this moment, for tests.

    They lie below the range from which systems take ports for outgoing connections, so that none
    is taken between being found and being used; at random, because tests run side by side.
    """
    wanted = (Addresses().with_https() if https else Addresses()).by_name()
    found: list[int] = []
    while len(found) < len(wanted):
        port = random.randrange(*_TEST_PORTS)  # noqa: S311
        if port not in found and is_free(port):
            found.append(port)
    return Addresses().with_ports(dict(zip(wanted, found, strict=True)))


def who_listens(port: int) -> str:
    """The process that holds a port, in words; empty when the system does not tell."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.AccessDenied, OSError):
        return ""  # macOS tells only root
    for connection in connections:
        local = connection.laddr
        if connection.status == psutil.CONN_LISTEN and local and local.port == port:
            try:
                return f"{psutil.Process(connection.pid).name()}, process {connection.pid}"
            except (psutil.Error, TypeError, ValueError):
                return ""
    return ""


def busy_ports(ports: Mapping[str, int]) -> list[str]:
    """One sentence for each port, given by the name of who wants it, that is in use."""
    sentences = []
    for part, port in ports.items():
        if not is_free(port):
            holder = who_listens(port)
            by = f" by {holder}" if holder else ""
            sentences.append(f"Port {port}, wanted for {part}, is in use{by}.")
    return sentences
