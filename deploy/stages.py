"""A stage: one deployment of GAS in one account, described by a file in deploy/stages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "stages"
FLEETS = ("annotator", "utility", "web")
"""In this order they are given new code: those who read messages before those who write them."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")
_KNOWN = {"region", "protected", "parameters", "fleets"}


class StageError(Exception):
    """The stage's file is missing or wrong; the text says where and what to do."""


@dataclass(frozen=True)
class Stage:
    """What a stage's file says."""

    name: str
    region: str
    protected: bool
    """`make undeploy` refuses, and AWS refuses to delete database and load balancer."""
    parameters: Mapping[str, str]
    """Of all templates: each takes those that it declares."""
    fleets: Mapping[str, Mapping[str, str]]
    """Parameters of compute.yaml, by fleet."""

    @property
    def public_url(self) -> str:
        return f"https://{self.parameters['Domain']}"


def read_stage(name: str, folder: Path = FOLDER) -> Stage:
    """The stage of this name.

    Raises:
        StageError: there is no such file, or it is not what it should be.
    """
    if not _NAME.fullmatch(name) or name == "local":
        raise StageError(f"'{name}' is no name of a stage: letters, digits and '-', not 'local'.")
    path = folder / f"{name}.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StageError(f"There is no {path}; copy dev.json and change it.") from None
    except json.JSONDecodeError as fault:
        raise StageError(f"{path}, line {fault.lineno}: {fault.msg}.") from fault
    wrong = sorted(set(said) ^ _KNOWN)
    if wrong:
        raise StageError(f"{path}: missing or not known: {', '.join(wrong)}.")
    if set(said["fleets"]) != set(FLEETS):
        raise StageError(f"{path}: 'fleets' must have {', '.join(FLEETS)}.")
    blocks = {"parameters": said["parameters"], **said["fleets"]}
    empty = sorted(
        f"{block}.{key}"
        for block, values in blocks.items()
        for key, value in values.items()
        if not isinstance(value, str) or (not value and key not in _MAY_BE_EMPTY)
    )
    if empty:
        raise StageError(f"{path}: these need a text: {', '.join(empty)} (see docs/deploy.md).")
    return Stage(name, said["region"], said["protected"], said["parameters"], said["fleets"])


_MAY_BE_EMPTY = {"HostedZoneId"}
