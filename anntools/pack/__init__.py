"""Reference packs: opening one, and finding one by name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anntools.pack.manifest import FORMAT_VERSION, MANIFEST, STORES, Manifest, read_manifest
from anntools.pack.mapped import Mapped
from anntools.pack.model import map_model
from anntools.pack.storefile import OpenStore, open_store
from anntools.problems import PackProblem

SHIPPED: Final = Path(__file__).parent.parent / "packs"


@dataclass(frozen=True, slots=True)
class Pack:
    """An open pack: what it says about itself, its arrays and stores (memory-mapped, read-only)."""

    folder: Path
    manifest: Manifest
    arrays: dict[str, Mapped]
    stores: tuple[OpenStore, ...]

    @property
    def contig_names(self) -> list[str]:
        """Names of the contigs it knows."""
        return [str(c["name"]) for c in self.manifest.contigs]

    def numbered_stores(self) -> Iterator[tuple[OpenStore, int]]:
        """Every store, and the number of its first class among the classes of all stores."""
        classes = 0
        for store in self.stores:
            yield store, classes
            classes += len(store.about["classes"])

    def sizes(self) -> tuple[int, int, int]:
        """How many contigs, genes and classes of stores there are, for the counters."""
        classes = sum(len(store.about["classes"]) for store in self.stores)
        return len(self.manifest.contigs), len(self.manifest.genes), classes

    def with_stores(self, more: list[OpenStore]) -> Pack:
        """The same pack with further stores, for one run."""
        return Pack(self.folder, self.manifest, self.arrays, (*self.stores, *more))

    def with_names(self, names: Mapping[str, str]) -> Pack:
        """The same pack for a file that calls contigs otherwise: its name → one of the pack's.

        These names come before the pack's own. Raises UsageProblem for a target it has not.
        """
        from anntools.pack.renaming import with_names

        arrays = with_names(self.arrays, names, self.contig_names)
        return Pack(self.folder, self.manifest, arrays, self.stores)

    def reference(self, contig: int, start: int, end: int) -> str:
        """Reference bases ``[start, end)``, 0-based; ``?`` where the pack has no sequence."""
        from anntools.pack.reading import bases

        return bases(self.arrays, contig, start, end)

    def reference_by_name(self, contig: str, start: int, end: int) -> str:
        """The same by one of the contig's names; nothing for names that the pack does not know."""
        from anntools.pack.reading import contig_number

        number = contig_number(self.arrays, contig)
        return "" if number < 0 else self.reference(number, start, end)


def pack_folders() -> list[Path]:
    """Where packs are looked for: ``ANNTOOLS_PACKS`` (a path list), the user's, the shipped."""
    given = [Path(p) for p in os.environ.get("ANNTOOLS_PACKS", "").split(os.pathsep) if p]
    return [*given, user_folder(), SHIPPED]


def user_folder() -> Path:
    """Where ``anntools reference install`` puts packs unless told otherwise."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local/share")
    return Path(data) / "anntools" / "packs"


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
    try:
        arrays = map_model(folder)
        stores = tuple(
            open_store(folder / STORES / about["name"], about) for about in manifest.stores
        )
    except (OSError, ValueError) as error:
        raise PackProblem(f"A file of the pack is missing or damaged: {error}") from error
    return Pack(folder, manifest, arrays, stores)
