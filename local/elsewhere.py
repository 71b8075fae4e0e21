"""The services run elsewhere on this machine, such as in containers of their own.

Each finds what it would have been started with in a file: `settings/services/NAME.json` of the data
folder, variables as a JSON object. The files are there only while what the services stand on is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from local.parts import Part
from local.paths import DataFolder, make_private, write_private

PORTS = frozenset({"web", "https", "annotator", "archiver", "thaw"})
"""The addresses that the services listen at, and we do not."""
_PREFIXES = ("GAS_", "AWS_", "OTEL_", "GLOBUS_")
_PLACES = frozenset({"GAS_RUN_DIR", "GAS_WORK_DIR", "GAS_EXPLORER_DIR", "GAS_STOP_SECONDS"})
"""Folders of ours, and the patience of our supervisor: the others have their own."""


def settings_folder(data: DataFolder) -> Path:
    return data.settings / "services"


def forget_settings(data: DataFolder) -> None:
    """Take away what an earlier run wrote: a service that starts now must wait."""
    shutil.rmtree(settings_folder(data), ignore_errors=True)


def write_settings(data: DataFolder, parts: Iterable[Part]) -> None:
    """Write the file of each service, readable by its owner only; the web app's last."""
    folder = settings_folder(data)
    make_private(folder)
    for part in sorted(parts, key=lambda part: part.name == "web"):
        told = {
            name: value
            for name, value in part.environment.items()
            if name.startswith(_PREFIXES) and name not in _PLACES
        }
        write_private(folder / f"{part.name}.json", json.dumps(told, indent=2))
