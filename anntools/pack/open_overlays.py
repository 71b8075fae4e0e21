"""Overlays for one run: their stores are built once and kept in the user's cache folder.

A kept store is found by the checksum of its file, what was asked of it, and the pack. The checksum
of a file is kept too, for as long as its size and time of change are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anntools.pack.overlay_spec import Overlay, OverlayProblem, parse_overlay
from anntools.pack.reading import contig_numbers
from anntools.pack.storefile import STORE, OpenStore, open_store
from anntools.receipt import SourceRecord

if TYPE_CHECKING:
    from anntools.pack import Pack

_VERSION: Final = 3  # of the stores' layout and description


def cache_folder() -> Path:
    """``ANNTOOLS_OVERLAYS``, else a folder in the user's cache."""
    chosen = os.environ.get("ANNTOOLS_OVERLAYS")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(chosen) if chosen else Path(cache) / "anntools" / "overlays"


def open_overlays(specs: Sequence[str], pack: Pack) -> list[OpenStore]:
    """The stores of ``NAME=FILE[:FIELD,...]`` options. Raises OverlayProblem, OSError."""
    overlays = [parse_overlay(spec) for spec in specs]
    taken = {str(store.about["name"]) for store in pack.stores}
    for overlay in overlays:
        if overlay.name in taken:
            raise OverlayProblem(f"There are two overlays called {overlay.name}")
        taken.add(overlay.name)
    return [_open(overlay, pack) for overlay in overlays]


def sources_of(specs: Sequence[str]) -> list[SourceRecord]:
    """The files of ``NAME=FILE[:FIELD,...]`` options that were opened, for the receipt."""
    overlays = [parse_overlay(spec) for spec in specs]
    return [
        SourceRecord(f"overlay {o.name}", path.name, path.stat().st_size, file_checksum(path))
        for o in overlays
        for path in (o.path, *o.more)
    ]


def _open(overlay: Overlay, pack: Pack) -> OpenStore:
    if not overlay.path.is_file():
        raise OverlayProblem(f"The overlay {overlay.name} has no file {overlay.path}")
    sums = [file_checksum(path) for path in (overlay.path, *overlay.more)]
    parts = (str(_VERSION), pack.manifest.pack_id, *sums, overlay.key)
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    folder = cache_folder() / key
    if (folder / STORE).is_file():
        try:
            return open_store(folder)
        except (OSError, ValueError, KeyError):
            shutil.rmtree(folder, ignore_errors=True)  # damaged: built anew
    _build(overlay, pack, folder)
    return open_store(folder)


def _build(overlay: Overlay, pack: Pack, folder: Path) -> None:
    from anntools.pack.model import model_block
    from anntools.pack.overlays import Place, write_overlay

    lengths = [int(c["length"]) for c in pack.manifest.contigs]
    place = Place(model_block(pack.arrays), lengths, contig_names(pack), pack.manifest.genes)
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        about = write_overlay(overlay, place, part)
        (part / STORE).write_text(json.dumps(about, indent=1), encoding="utf-8")
        if folder.exists():  # damaged, or another process was faster
            shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def contig_names(pack: Pack) -> dict[str, int]:
    """Number of the contig of every name that the pack knows."""
    return contig_numbers(pack.arrays)


def file_checksum(path: Path) -> str:
    """SHA-256 of a file; remembered by path, size and time of change."""
    state = path.stat()
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    memo = cache_folder() / f"{place}.sum"
    known = f"{state.st_size} {state.st_mtime_ns} "
    if memo.is_file():
        text = memo.read_text(encoding="utf-8")
        if text.startswith(known):
            return text[len(known) :]
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    memo.parent.mkdir(parents=True, exist_ok=True)
    memo.write_text(known + digest, encoding="utf-8")
    return digest
