"""Reference packs: opening one, and finding one by name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anntools.kernels_v0.model import DTYPES, Model, make_model
from anntools.pack.manifest import FORMAT_VERSION, MANIFEST, Manifest, read_manifest
from anntools.problems import PackProblem

SHIPPED: Final = Path(__file__).parent.parent / "packs"


@dataclass(frozen=True, slots=True)
class Pack:
    """An open pack: what it says about itself, and its arrays (memory-mapped, read-only)."""

    folder: Path
    manifest: Manifest
    model: Model

    @property
    def contig_names(self) -> list[str]:
        """Names of the contigs it knows."""
        return [str(c["name"]) for c in self.manifest.contigs]

    def reference(self, contig: int, start: int, end: int) -> str:
        """Reference bases ``[start, end)``, 0-based; ``?`` where the pack has no sequence."""
        m = self.model.genome
        lo, hi = int(m.contigs[contig, 3]), int(m.contigs[contig, 4])
        out = []
        for at in range(start, end):
            i = lo + int(np.searchsorted(m.seq_start[lo:hi], at, side="right")) - 1
            if i < lo or at >= m.seq_end[i]:
                out.append("?")
            else:
                x = int(m.seq_off[i]) + at - int(m.seq_start[i])
                out.append("ACGT"[(int(m.seq[x >> 2]) >> ((x & 3) << 1)) & 3])
        return "".join(out)


def pack_folders() -> list[Path]:
    """Where packs are looked for: ``ANNTOOLS_PACKS`` (a path list), then the shipped ones."""
    given = [Path(p) for p in os.environ.get("ANNTOOLS_PACKS", "").split(os.pathsep) if p]
    return [*given, SHIPPED]


def installed() -> list[Path]:
    """Folders of all packs that can be named, the first of a name wins."""
    found: dict[str, Path] = {}
    for parent in pack_folders():
        for manifest in sorted(parent.glob(f"*/{MANIFEST}")):
            found.setdefault(manifest.parent.name, manifest.parent)
    return list(found.values())


def find_pack(name_or_folder: str | Path) -> Path:
    """Folder of a pack given by folder or by name. Raises PackProblem."""
    folder = Path(name_or_folder)
    if (folder / MANIFEST).is_file():
        return folder
    known = installed()
    for candidate in known:
        if candidate.name == str(name_or_folder):
            return candidate
    names = ", ".join(p.name for p in known) or "none"
    raise PackProblem(
        f"There is no reference pack called '{name_or_folder}'. Packs on this machine: {names}."
    )


def open_pack(name_or_folder: str | Path) -> Pack:
    """Open a pack. Raises PackProblem if it is missing, damaged or of another format version."""
    folder = find_pack(name_or_folder)
    try:
        manifest = read_manifest(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackProblem(f"{folder / MANIFEST} cannot be read: {error}") from error
    if manifest.format_version != FORMAT_VERSION:
        raise PackProblem(
            f"The pack in {folder} has format version {manifest.format_version}; "
            f"this engine reads version {FORMAT_VERSION}. Build or install it again."
        )
    arrays = {}
    for name, dtype in DTYPES.items():
        path = folder / f"{name}.npy"
        try:
            array = _load(path)
        except (OSError, ValueError) as error:
            raise PackProblem(f"{path} is missing or damaged: {error}") from error
        if array.dtype != dtype:
            raise PackProblem(f"{path} holds {array.dtype}, expected {np.dtype(dtype)}")
        arrays[name] = array
    return Pack(folder, manifest, make_model(arrays))


def _load(path: Path) -> npt.NDArray[Any]:
    """An array mapped read-only; an empty one, which cannot be mapped, is read."""
    if path.stat().st_size > 128:
        mapped: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped.view(np.ndarray)
    array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
    array.flags.writeable = False
    return array
