"""The parts of the embedded default: which command each one is, and which settings it gets."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from local.addresses import HOST, Addresses
from local.balancer import Balancer
from local.certificates import Certificates
from local.keyring import REGION, Keyring
from local.object_store import events_token
from local.parts import FOUNDATION_STOP_SECONDS, Layer, Part, answers_http
from local.paths import REPOSITORY, DataFolder
from local.uwsgi import ONE_OF_EACH, Scale, Uwsgi

REDIRECT_PATH = "/authcallback"
"""Where the web app takes people back from Globus; registered with the stand-in."""
STRIPE_WEBHOOK_PATH = "/stripe/webhook"
"""Where the web app takes Stripe's events."""
STRIPE_PRICE = "price_gas_premium_monthly"
"""The price of Premium that the stand-in is made with."""
HELPER_STOP_SECONDS = 1.0
"""With the other layers (`local.uwsgi`, `local.parts`) below ten seconds, whatever happens."""


@dataclass(frozen=True)
class Installation:
    """What is fixed for one run of the embedded default."""

    data: DataFolder
    addresses: Addresses
    keyring: Keyring
    scale: Scale = ONE_OF_EACH

    def base_environment(self) -> dict[str, str]:
        """What every part inherits: our surroundings without any cloud account of the person.

        ``AWS_*`` variables are dropped, so that nothing here can ever reach a real account;
        loopback addresses are exempt from a proxy.
        """
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        loopback = f"{HOST},localhost"
        for name in ("NO_PROXY", "no_proxy"):
            inherited[name] = ",".join(filter(None, (os.environ.get(name), loopback)))
        return {
            **inherited,
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        }

    def cloud(self) -> Part:
        return Part(
            name="cloud",
            title="The embedded cloud",
            command=[
                *_module("local.cloud"),
                "--data",
                str(self.data.cloud),
                "--port",
                str(self.addresses.cloud),
                "--relay-port",
                str(self.addresses.relay),
                *self._cloud_by_https(),
            ],
            environment=self.base_environment(),
            folder=REPOSITORY,
            ready=answers_http(self.addresses.cloud, "/_gas/health"),
            layer=Layer.FOUNDATION,
            stop_seconds=FOUNDATION_STOP_SECONDS,
        )

    def _cloud_by_https(self) -> list[str]:
        port = self.addresses.cloud_https
        if not port:
            return []
        both = Certificates(self.data.tls).together
        return ["--tls-port", str(port), "--certificate", str(both)]

    def globus(self) -> Part:
        return Part(
            name="globus",
            title="The Globus stand-in",
            command=[
                *_module("local.globus"),
                "--data",
                str(self.data.globus),
                "--port",
                str(self.addresses.globus),
                "--redirect-uri",
                self.addresses.url("web") + REDIRECT_PATH,
            ],
            environment={**self.base_environment(), **self.globus_settings()},
            folder=REPOSITORY,
            ready=answers_http(self.addresses.globus, "/.well-known/openid-configuration"),
            layer=Layer.HELPER,
            stop_seconds=HELPER_STOP_SECONDS,
        )

    def mailbox(self) -> Part:
        return Part(
            name="mailbox",
            title="The mailbox",
            command=[
                *_module("local.mailbox"),
                "--cloud",
                self.addresses.url("cloud"),
                "--token-file",
                str(self.data.cloud / "mail-token"),
                "--port",
                str(self.addresses.mailbox),
            ],
            environment=self.base_environment(),
            folder=REPOSITORY,
            ready=answers_http(self.addresses.mailbox, "/health"),
            layer=Layer.HELPER,
            stop_seconds=HELPER_STOP_SECONDS,
        )

    def traces(self) -> Part:
        return Part(
            name="traces",
            title="The collector of traces",
            command=[
                *_module("local.traces"),
                "--data",
                str(self.data.traces),
                "--port",
                str(self.addresses.traces),
            ],
            environment=self.base_environment(),
            folder=REPOSITORY,
            ready=answers_http(self.addresses.traces, "/healthz"),
            layer=Layer.HELPER,
            stop_seconds=HELPER_STOP_SECONDS,
        )

    def stripe(self) -> Part:
        return Part(
            name="stripe",
            title="The Stripe stand-in",
            command=[
                *_module("local.stripe"),
                "--data",
                str(self.data.stripe),
                "--port",
                str(self.addresses.stripe),
                "--webhook-url",
                self.addresses.url("web") + STRIPE_WEBHOOK_PATH,
                *self._authority(),
            ],
            environment={**self.base_environment(), **self.stripe_settings()},
            folder=REPOSITORY,
            ready=answers_http(self.addresses.stripe, "/health"),
            layer=Layer.HELPER,
            stop_seconds=HELPER_STOP_SECONDS,
        )

    def _authority(self) -> list[str]:
        if not self.addresses.https:
            return []
        return ["--authority", str(Certificates(self.data.tls).authority)]

    def services(self, settings: Mapping[str, str]) -> list[Part]:
        """The product: every instance of every service."""
        uwsgi = Uwsgi(self.data, self.addresses, self.scale)
        own = {
            "web": self.stripe_settings(),
            "annotator": {"GAS_SIGNING_KEY": self.keyring.signing_key},
            "archiver": {},
            "thaw": PACE_OF_THAW,
        }
        return [
            part
            for service, added in own.items()
            for part in uwsgi.parts(service, {**added, **settings})
        ]

    def balancer(self) -> Part:
        return Balancer(self.data, self.addresses, self.scale).part()

    def stripe_settings(self) -> dict[str, str]:
        return {
            "GAS_STRIPE_SECRET_KEY": self.keyring.stripe_secret_key,
            "GAS_STRIPE_WEBHOOK_SECRET": self.keyring.stripe_webhook_secret,
            "GAS_STRIPE_PRICE": STRIPE_PRICE,
            "GAS_STRIPE_API_BASE": self.addresses.url("stripe"),
        }

    def globus_settings(self) -> dict[str, str]:
        return {
            "GAS_GLOBUS_CLIENT_ID": self.keyring.globus_client_id,
            "GAS_GLOBUS_CLIENT_SECRET": self.keyring.globus_client_secret,
        }

    def tracing_settings(self) -> dict[str, str]:
        """Where spans are sent, unless the person has named a collector of their own."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
            or self.addresses.url("traces"),
            "OTEL_BSP_SCHEDULE_DELAY": os.environ.get("OTEL_BSP_SCHEDULE_DELAY", "1000"),
        }

    def service_settings(
        self, stack: Mapping[str, str], database_url: str, aws_files: Mapping[str, str]
    ) -> dict[str, str]:
        """The settings of the services, as variables: the stack's outputs and our addresses."""
        return {
            "GAS_MAIL_FROM": MAIL_FROM,
            **self.base_environment(),
            **stack,
            **aws_files,
            **self.globus_settings(),
            "AWS_ENDPOINT_URL": self.addresses.url("cloud"),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GAS_PUBLIC_URL": self.addresses.url("web"),
            "GAS_METRICS_TOKEN": self.keyring.metrics_token,
            "GAS_TRACE_PAGE": self.addresses.url("traces") + "/jobs/{job_id}",
            **self.tracing_settings(),
            "GAS_S3_EVENTS_TOKEN": events_token(os.environ, self.keyring),
            "GAS_SECRET_KEY": self.keyring.secret_key,
            "GAS_DATABASE_URL": database_url,
            "GAS_SNS_CERT_URL": self.addresses.url("cloud") + "/_gas/sns-signing-certificate.pem",
            "GAS_WORK_DIR": str(self.data.work),
            "GAS_EXPLORER_DIR": str(self.data.explorer),
            "GLOBUS_SDK_SERVICE_URL_AUTH": self.addresses.url("globus") + "/",
        }


PACE_OF_THAW = {
    "GAS_THAW_LOOK_SECONDS": "5",
    "GAS_THAW_EXPEDITED_SECONDS": "60",
    "GAS_THAW_STANDARD_SECONDS": "120",
}
"""Cold storage here takes seconds (`local.cloud.settings.ColdSeconds`), not minutes and hours."""

MAIL_FROM = "gas@localhost.localdomain"
"""Sender of all mail here; the embedded SES never sends anything out."""


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]
