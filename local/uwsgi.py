"""The services under uWSGI: their commands, instances and addresses, with TLS or without."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.addresses import HOST, Addresses
from local.certificates import Certificates
from local.parts import Layer, Part, Probe, answers_http
from local.paths import REPOSITORY, DataFolder, make_private, socket_folder

READY_SECONDS = 180.0
"""An app that loads slowly on a busy machine is not helped by being killed and started again."""
STOP_SECONDS = 6.5
"""Longer than the annotator waits for a message (gas/worker.py)."""

TITLES = {
    "web": "The web app",
    "annotator": "The annotator",
    "archiver": "The archiver",
    "thaw": "The thaw service",
}


@dataclass(frozen=True)
class Scale:
    """How many instances there are. Several stand behind a balancer (`local.balancer`)."""

    web: int = 1
    annotators: int = 1

    def count(self, service: str) -> int:
        return {"web": self.web, "annotator": self.annotators}.get(service, 1)

    @property
    def balanced(self) -> bool:
        return self.web > 1 or self.annotators > 1


ONE_OF_EACH = Scale()


@dataclass(frozen=True)
class Instance:
    """One of the instances of a service."""

    service: str
    name: str
    """`web`, or `web-2` where there are several."""
    port: int
    alone: bool
    """It is found at the service's own address; otherwise a balancer is."""


def instances(service: str, addresses: Addresses, scale: Scale) -> list[Instance]:
    """The instances of a service. Several listen above its own port: web on 8001, 8002, …;
    annotators on 8013, 8014, … (those between belong to others)."""
    own = addresses.by_name()[service]
    count = scale.count(service)
    if count == 1:
        return [Instance(service, service, own, alone=True)]
    above = 1 if service == "web" else 3
    return [
        Instance(service, f"{service}-{number + 1}", own + above + number, alone=False)
        for number in range(count)
    ]


def every_port(addresses: Addresses, scale: Scale) -> dict[str, int]:
    """All TCP ports that are listened on, by the name of who does."""
    several = {
        instance.name: instance.port
        for service in ("web", "annotator")
        for instance in instances(service, addresses, scale)
    }
    return {**addresses.by_name(), **several}


@dataclass(frozen=True)
class Uwsgi:
    """Makes the parts of the services."""

    data: DataFolder
    addresses: Addresses
    scale: Scale

    def parts(self, service: str, settings: Mapping[str, str]) -> Iterator[Part]:
        """One part for each instance of a service."""
        for instance in instances(service, self.addresses, self.scale):
            yield self._part(instance, settings)

    def _part(self, instance: Instance, settings: Mapping[str, str]) -> Part:
        ini = REPOSITORY / "deploy" / "uwsgi" / f"{instance.service}.ini"
        run = socket_folder(self.data.run / instance.name, f"{instance.service}.socket")
        secure = instance.service == "web" and self.addresses.https
        address = self._secure_address(instance) if secure else self._plain_address(instance)
        title = TITLES[instance.service]
        return Part(
            name=instance.name,
            title=title if instance.alone else f"{title} ({instance.name})",
            command=[str(program(tls=bool(secure))), "--ini", str(ini)],
            environment={
                **settings,
                **address,
                "AWS_PROFILE": instance.service,
                "GAS_RUN_DIR": str(run),
                "GAS_STOP_SECONDS": f"{STOP_SECONDS - 0.5:.0f}",
            },
            folder=REPOSITORY,
            ready=self._probe(instance, secure=bool(secure)),
            layer=Layer.SERVICE,
            ready_seconds=READY_SECONDS,
            stop_seconds=STOP_SECONDS,
            prepare=lambda: make_private(run),
        )

    @staticmethod
    def _plain_address(instance: Instance) -> dict[str, str]:
        return {"GAS_HTTP_SOCKET": f"{HOST}:{instance.port}"}

    def _secure_address(self, instance: Instance) -> dict[str, str]:
        certificates = Certificates(self.data.tls)
        port = self.addresses.https if instance.alone else instance.port
        address = {
            "GAS_HTTPS_SOCKET": f"{HOST}:{port}",
            "GAS_TLS_CERT": str(certificates.certificate),
            "GAS_TLS_KEY": str(certificates.key),
            # Links and upload forms are signed for the address that browsers use.
            "AWS_ENDPOINT_URL_S3": self.addresses.upload_url(),
            "AWS_CA_BUNDLE": str(certificates.authority),
        }
        if instance.alone:
            address["GAS_REDIRECT_SOCKET"] = f"{HOST}:{instance.port},{port}"
        return address

    def _probe(self, instance: Instance, *, secure: bool) -> Probe:
        if not secure:
            return answers_http(instance.port, "/healthz")
        port = self.addresses.https if instance.alone else instance.port
        return answers_http(port, "/healthz", Certificates(self.data.tls).authority)


def program(*, tls: bool) -> Path:
    """uWSGI: that of the wheel, or the one with TLS (`scripts/build_uwsgi.sh`)."""
    return Path(sys.executable).parent / ("uwsgi-tls" if tls else "uwsgi")
