"""The archiver on an embedded cloud, and the template's own clock and sweeper there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from local.addresses import free_addresses
from local.keyring import Keyring
from local.paths import DataFolder
from local.services import Installation
from local.stack import Stack, build_functions, deploy_stack
from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.ports.conftest import embedded_cloud, embedded_session

__all__ = ["embedded_cloud", "embedded_session"]


@dataclass(frozen=True)
class Deployed:
    """A cloud of the test's own with `deploy/service.yaml` in it."""

    cloud: EmbeddedCloud
    stack: Stack

    def setting(self, name: str) -> str:
        return self.stack.settings[f"GAS_{name}"]

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def kill_and_start(self) -> None:
        self.cloud.kill()
        self.cloud.start()

    def waiting(self, queue: str) -> list[str]:
        """Take what waits in a queue of the stack: the bodies."""
        answer = self.client("sqs").receive_message(
            QueueUrl=self.setting(queue), MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        return [message["Body"] for message in answer.get("Messages", [])]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    root: Path = tmp_path_factory.mktemp("installation")
    data = DataFolder(root)
    data.settings.mkdir(mode=0o700)
    cloud = EmbeddedCloud(data.cloud)
    cloud.start()
    try:
        addresses = replace(free_addresses(), cloud=cloud.port, relay=cloud.relay_port)
        keyring = Keyring.load_or_make(data.settings / "keyring.json")
        installation = Installation(data, addresses, keyring)
        yield Deployed(cloud, deploy_stack(installation, build_functions(), lambda text: None))
    finally:
        cloud.kill()
