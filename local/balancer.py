"""A balancer in front of several instances: HAProxy, as a load balancer is in front of them on AWS.

Requests that change nothing are sent again to another instance when the one that had them is gone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.addresses import HOST, Addresses
from local.certificates import Certificates
from local.errors import LocalError
from local.parts import Layer, Part, answers_http
from local.paths import DataFolder, make_private, socket_folder, write_private
from local.uwsgi import Instance, Scale, instances

NAME = "balancer"
CONTROL = "control.socket"
"""HAProxy's own socket: says what it sees, takes an instance out of the way."""

_HEAD = """\
global
    maxconn 2000
    stats socket {control} mode 600 level admin
defaults
    mode http
    timeout connect 2s
    timeout client 75s
    timeout server 75s
    timeout queue 30s
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response
    option httpchk GET /healthz
    default-server check inter 500ms fall 2 rise 1 maxconn 64
"""


@dataclass(frozen=True)
class Balancer:
    """The balancer of one installation."""

    data: DataFolder
    addresses: Addresses
    scale: Scale

    @property
    def folder(self) -> Path:
        return socket_folder(self.data.run / NAME, CONTROL)

    def part(self) -> Part:
        """Its process.

        Raises
        ------
        LocalError
            HAProxy is not installed.
        """
        found = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if found is None:
            raise LocalError(
                "Several instances need HAProxy in front of them. On Debian and Ubuntu: "
                "sudo apt install haproxy; on macOS: brew install haproxy."
            )
        file = self.folder / "haproxy.cfg"
        several = next(s for s in ("web", "annotator") if self.scale.count(s) > 1)
        secure = several == "web" and bool(self.addresses.https)
        port = self.addresses.https if secure else self.addresses.by_name()[several]
        authority = Certificates(self.data.tls).authority if secure else None
        return Part(
            name=NAME,
            title="The balancer",
            command=[found, "-f", str(file), "-db"],
            environment={},
            folder=self.folder,
            ready=answers_http(port, "/healthz", authority),
            layer=Layer.HELPER,
            stop_seconds=1.0,
            prepare=lambda: self._prepare(file),
        )

    def _prepare(self, file: Path) -> None:
        make_private(self.folder)
        write_private(file, self.configuration())

    def configuration(self) -> str:
        """HAProxy's configuration file."""
        lines = [_HEAD.format(control=self.folder / CONTROL)]
        for service in ("web", "annotator"):
            if self.scale.count(service) > 1:
                lines += self._section(service)
        return "\n".join(lines) + "\n"

    def _section(self, service: str) -> Iterator[str]:
        port = self.addresses.by_name()[service]
        secure = service == "web" and bool(self.addresses.https)
        certificates = Certificates(self.data.tls)
        yield f"listen {service}"
        yield f"    bind {HOST}:{port}"
        if secure:
            yield (
                f"    bind {HOST}:{self.addresses.https} ssl crt {certificates.together} "
                "ssl-min-ver TLSv1.2"
            )
            to = f"{self.addresses.url('web')}%[capture.req.uri]"
            yield f"    http-request redirect location {to} code 301 unless {{ ssl_fc }}"
        # What may have been done already is not done again: the person's program decides.
        yield "    http-request disable-l7-retry unless METH_GET"
        trust = f" ssl verify required ca-file {certificates.authority} verifyhost localhost"
        for instance in instances(service, self.addresses, self.scale):
            yield _server(instance) + (trust if secure else "")


def _server(instance: Instance) -> str:
    return f"    server {instance.name} {HOST}:{instance.port}"
