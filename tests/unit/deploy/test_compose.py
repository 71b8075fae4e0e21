"""deploy/compose.yaml: one machine in containers, each fenced in, nothing open to the network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.container.surroundings import PORTS
from local.elsewhere import settings_folder
from local.paths import REPOSITORY, DataFolder

FILE = REPOSITORY / "deploy" / "compose.yaml"
COMPOSE: Mapping[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
DATA = DataFolder(Path("/var/lib/gas"))

each_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", PORTS)


@each_service
def test_it_is_fenced(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit", "stop_grace_period", "restart"} <= set(service)
    assert {"/tmp", "/tmp:exec"} & set(service["tmpfs"])
    assert "privileged" not in service
    assert name == "database" or "cap_add" not in service


@each_service
def test_it_opens_nothing_to_the_network(name: str) -> None:
    # The machine's own network, where everything listens on the loopback interface only.
    assert SERVICES[name]["network_mode"] == "host"
    assert "ports" not in SERVICES[name]


def test_the_database_listens_on_the_loopback_interface_only() -> None:
    assert "listen_addresses=127.0.0.1" in SERVICES["database"]["command"]


@each_of_ours
def test_a_service_starts_when_what_it_stands_on_is_ready(name: str) -> None:
    service = SERVICES[name]
    assert service["command"] == [name]
    assert service["depends_on"] == {"cloud": {"condition": "service_healthy"}}
    told = service["environment"]["GAS_SETTINGS_FILE"]
    assert Path(told) == settings_folder(DATA) / f"{name}.json"
    assert f"settings:{DATA.settings}:ro" in service["volumes"]
    # systemd's or Docker's patience is longer than uWSGI's.
    patience = int(service["stop_grace_period"].removesuffix("s"))
    assert int(service["environment"]["GAS_STOP_SECONDS"]) < patience


def test_the_cloud_is_ready_when_it_has_written_the_last_settings() -> None:
    assert str(settings_folder(DATA) / "web.json") in SERVICES["cloud"]["healthcheck"]["test"][1]
    assert SERVICES["cloud"]["depends_on"] == {"database": {"condition": "service_healthy"}}


def test_every_volume_and_secret_is_declared_and_used() -> None:
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }
    assert used == set(COMPOSE["volumes"])
    secrets = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert secrets == set(COMPOSE["secrets"])


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            assert name.endswith("_FILE") or not any(
                word in name for word in ("PASSWORD", "SECRET", "KEY", "DATABASE_URL")
            )
