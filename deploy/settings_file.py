"""The settings that all machines of a stage are given: addresses and names, no secrets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.stack_env import environment_of

_NOT_FOR_MACHINES = {"GAS_IMPORTS_ALLOW_LOOPBACK", "GAS_WEBHOOKS_ALLOW_LOOPBACK"}


@dataclass(frozen=True)
class SettingsFile:
    """An environment file, and the name it is stored under: that of its content."""

    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def key(self) -> str:
        return f"settings/{self.sha256}.env"


def settings_file(
    service: Mapping[str, str], database: Mapping[str, str], own: Mapping[str, str]
) -> SettingsFile:
    """The file from the outputs of service.yaml and database.yaml, and settings of the stage."""
    settings = {
        **environment_of(service),
        "GAS_DATABASE_HOST": database["DatabaseHost"],
        "GAS_DATABASE_PORT": database["DatabasePort"],
        **own,
    }
    lines = [f"{k}={v}\n" for k, v in sorted(settings.items()) if k not in _NOT_FOR_MACHINES]
    return SettingsFile("".join(lines))
