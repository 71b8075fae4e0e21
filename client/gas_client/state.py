"""Uploads under way, remembered on this computer so that they go on after a break."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEPT_SECONDS = 2 * 24 * 3600
"""As long as the service keeps the parts of an upload."""


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where programs keep what they may lose (XDG base directories)."""
    base = environment.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "gas"


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read; whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp gives it mode 600 from its first moment.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


class UploadNotes:
    """One small file for each upload in parts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "uploads"

    def find(self, identity: str) -> dict[str, Any] | None:
        """What was noted, if it may still be of use."""
        try:
            found = json.loads(self._path(identity).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        fresh = isinstance(found, dict) and found.get("noted_at", 0) > time.time() - KEPT_SECONDS
        return found if fresh else None

    def note(self, identity: str, what: Mapping[str, Any]) -> None:
        """Remember an upload; one that cannot be remembered is only not resumable."""
        with contextlib.suppress(OSError):
            write_private(self._path(identity), json.dumps({**what, "noted_at": time.time()}))

    def forget(self, identity: str) -> None:
        with contextlib.suppress(OSError):
            self._path(identity).unlink(missing_ok=True)

    def _path(self, identity: str) -> Path:
        return self._folder / f"{hashlib.sha256(identity.encode()).hexdigest()}.json"
