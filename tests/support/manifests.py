"""The manifests of deploy/kubernetes, as they stand and as kustomize puts them together."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.paths import REPOSITORY

KUBERNETES = REPOSITORY / "deploy" / "kubernetes"
BASE, OVERLAYS = KUBERNETES / "base", KUBERNETES / "overlays"
Manifest = Mapping[str, Any]


@cache
def base() -> tuple[Manifest, ...]:
    """Every object of the base, in the order of its files."""
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    return tuple(each for name in listed for each in documents(BASE / name))


def documents(path: Path) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


@cache
def overlay(name: str) -> tuple[Manifest, ...]:
    """Every object of an overlay; the test is skipped where there is no kubectl."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl, which carries kustomize, is not installed")
    done = subprocess.run(
        [kubectl, "kustomize", str(OVERLAYS / name)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(manifests: tuple[Manifest, ...], *kinds: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] in kinds]


def title(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def pod_of(manifest: Manifest) -> Mapping[str, Any]:
    """The pod that a Deployment or Job makes."""
    pod: Mapping[str, Any] = manifest["spec"]["template"]["spec"]
    return pod


def references(value: Any, key: str) -> Iterator[Mapping[str, Any]]:
    """Every mapping that stands under `key`, however deep."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == key and isinstance(inner, Mapping):
                yield inner
            yield from references(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references(inner, key)


def settings_file(name: str) -> dict[str, str]:
    """The ConfigMap that an overlay makes of its settings.env."""
    lines = (OVERLAYS / name / "settings.env").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key: value for key, _, value in pairs}
