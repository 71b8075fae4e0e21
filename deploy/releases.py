"""Releases that scripts/build_release.py has built."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.deploy_stack import DeployError

FOLDER = Path(__file__).resolve().parents[1] / "build" / "release"


@dataclass(frozen=True)
class BuiltRelease:
    """A release on this machine's disk."""

    name: str
    archive: Path
    sha256: str
    functions: Mapping[str, Path]
    """The zip of each function, by name."""


def read_release(path: Path) -> BuiltRelease:
    """The release that a NAME.json describes.

    Raises:
        DeployError: a file is not there, or the archive is another one.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        archive = path.parent / said["archive"]
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as fault:
        raise DeployError(f"{fault.filename} is not there. Build a release: make release") from None
    if digest != said["sha256"]:
        raise DeployError(f"{archive} is not what was built: its SHA-256 is {digest}.")
    functions = {name: path.parent / file for name, file in said["functions"].items()}
    return BuiltRelease(said["name"], archive, digest, functions)


def newest(folder: Path = FOLDER) -> BuiltRelease:
    """The release that was built last.

    Raises:
        DeployError: none was.
    """
    built = sorted(folder.glob("gas-*.json"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise DeployError("There is no release. Build one: make release")
    return read_release(built[-1])
