"""Puts the services of a machine down when AWS takes it away, and says when that is done.

Asks the machine's own metadata every few seconds. Three things announce an end: the group wants
the machine to go (its lifecycle hook waits for us), a spot machine is called back (two minutes),
or is likely to be. Stopping a worker hands its jobs back (`gas.worker`): another machine takes
them up at once, instead of when their leases have lapsed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from gas.logs import configure, get_logger

log = get_logger()

METADATA = "http://169.254.169.254"
LOOK_SECONDS = 3
HOOK = "hand-back"
_SESSION = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}

Get = Callable[[str], str | None]
"""Reads a path of the metadata; None: there is no such thing now."""


class Metadata:
    """The instance metadata service, version 2."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(self, path: str) -> str | None:
        """The text at `path`; None when there is none, or the service cannot be reached."""
        try:
            token = self._client.put("/latest/api/token", headers=_SESSION)
            answer = self._client.get(
                f"/latest/meta-data/{path}", headers={"X-aws-ec2-metadata-token": token.text}
            )
        except httpx.HTTPError as error:
            log.warning("metadata_unreachable", reason=str(error))
            return None
        return answer.text if answer.is_success else None


def announced_end(get: Get) -> str | None:
    """Why the machine is to go; None: it stays."""
    if (get("autoscaling/target-lifecycle-state") or "").strip() == "Terminated":
        return "group"
    if get("spot/instance-action") is not None:
        return "spot"
    return None


@dataclass(frozen=True)
class Departure:
    """What is done at the end."""

    units: Sequence[str]
    group: str
    scaling: Any
    """The boto3 client of auto-scaling."""
    stop: Callable[[str], bool]
    """Stops a unit; whether it did."""

    def leave(self, get: Get) -> None:
        """Put the services down, all at once said to the group."""
        stopped = [self.stop(unit) for unit in self.units]
        log.info("services_stopped", units=list(self.units), clean=all(stopped))
        instance = get("instance-id")
        if instance is None:
            return  # the hook lets the machine go after its time
        try:
            self.scaling.complete_lifecycle_action(
                AutoScalingGroupName=self.group,
                LifecycleHookName=HOOK,
                InstanceId=instance,
                LifecycleActionResult="CONTINUE",
            )
        except (BotoCoreError, ClientError) as error:
            # Also when the group does not wait: a spot machine that is called back.
            log.warning("departure_not_told", reason=str(error))


def watch(get: Get, departure: Departure, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return when the machine has been told to go, and everything is down."""
    while (why := announced_end(get)) is None:
        sleep(LOOK_SECONDS)
    log.info("machine_goes", why=why)
    departure.leave(get)


def stop_unit(unit: str) -> bool:
    """Stop and wait; systemd ends what does not stop by itself."""
    return subprocess.run(["systemctl", "stop", unit], check=False).returncode == 0  # noqa: S603, S607


def main(environ: Mapping[str, str] = os.environ) -> int:
    configure("departure", environ.get("GAS_LOG_LEVEL", "INFO"))
    departure = Departure(
        units=environ["GAS_UNITS"].split(),
        group=environ["GAS_SCALING_GROUP"],
        scaling=boto3.client("autoscaling"),
        stop=stop_unit,
    )
    base = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", METADATA)
    with httpx.Client(base_url=base, timeout=5, trust_env=False) as client:
        watch(Metadata(client), departure)
    # Not to be started again: the machine ends.
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
