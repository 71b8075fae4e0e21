"""The environment of a service in a container: variables, those that stand in files, folders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

PORTS: Mapping[str, int] = {"web": 4433, "annotator": 4434, "archiver": 4435, "thaw": 4436}
"""The HTTPS port of each service, as on the machines of deploy/instance/install.sh."""
SETTINGS_FILE = "GAS_SETTINGS_FILE"
"""Names a JSON object of more variables; what the environment says goes before it."""
_PREFIX, _SUFFIX = "GAS_", "_FILE"


class StartError(Exception):
    """The container cannot start; the text says what to do."""


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ`, and what stands in files: of `GAS_SETTINGS_FILE`, and for every `GAS_NAME_FILE`
    the variable `GAS_NAME`, so that secrets need not stand in the environment's own listing.

    Raises:
        StartError: a file cannot be read, or a variable is given twice.
    """
    given = dict(environ)
    settings = given.pop(SETTINGS_FILE, "")
    for name in [n for n in given if n.startswith(_PREFIX) and n.endswith(_SUFFIX)]:
        variable = name.removesuffix(_SUFFIX)
        if variable in given:
            raise StartError(f"Both {variable} and {name} are set; leave one of them away.")
        given[variable] = _read(name, given.pop(name)).strip()
    if not settings:
        return given
    try:
        return {**json.loads(_read(SETTINGS_FILE, settings)), **given}
    except ValueError as fault:
        raise StartError(f"{settings} ({SETTINGS_FILE}) is not JSON: {fault}") from None


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as fault:
        raise StartError(f"{path} ({name}) cannot be read: {fault.strerror}.") from None


def listening(service: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Where the service listens: by HTTPS on its own port, unless that is settled already."""
    if "GAS_HTTPS_SOCKET" in environ or "GAS_HTTP_SOCKET" in environ:
        return {}
    return {"GAS_HTTPS_SOCKET": f"0.0.0.0:{PORTS[service]}"}


def address(environ: Mapping[str, str]) -> str:
    """What is asked in order to know whether the service lives."""
    secure = environ.get("GAS_HTTPS_SOCKET", "")
    socket = secure or environ["GAS_HTTP_SOCKET"]
    host, _, port = socket.rpartition(":")
    host = "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104
    return f"{'https' if secure else 'http'}://{host}:{port}/healthz"


def make_folders(environ: Mapping[str, str]) -> Path:
    """Make the folders that a service writes to, each for itself alone; the one for its running.

    Raises:
        StartError: one cannot be made.
    """
    run = Path(environ["GAS_RUN_DIR"])
    for name in ("GAS_RUN_DIR", "GAS_WORK_DIR", "GAS_EXPLORER_DIR", "PROMETHEUS_MULTIPROC_DIR"):
        if name in environ:
            try:
                Path(environ[name]).mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as fault:
                raise StartError(
                    f"{environ[name]} ({name}) cannot be made: {fault.strerror}. Mount a folder "
                    "there that the container's user may write to (docs/containers.md)."
                ) from None
    return run
