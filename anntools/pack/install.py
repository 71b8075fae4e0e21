"""``anntools reference install``: a pack from its official sources, or from a mirror of them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from anntools.pack import installed, user_folder
from anntools.pack.download import (
    Checksum,
    DownloadProblem,
    Progress,
    download,
    need_space,
    read_text,
    size_of,
)
from anntools.pack.manifest import Manifest

CATALOGUE: Final = Path(__file__).with_name("catalogue.toml")
CHROMOSOMES: Final = (*(str(i) for i in range(1, 23)), "X", "Y")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the catalogue. ``sums``: kind and address of its checksums, or nothing."""

    name: str
    urls: tuple[str, ...]
    sums: tuple[str, str] | None
    licence: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A pack of the catalogue. ``overlays``: file and fields by the name that --with knows."""

    name: str
    title: str
    assembly: str
    fasta: Source
    genes: Source
    gigabytes: float
    overlays: dict[str, tuple[Source, str]]


def read_catalogue(path: Path = CATALOGUE) -> dict[str, Offer]:
    """The packs that can be installed, by name."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    files = {name: _source(name, entry) for name, entry in data["file"].items()}
    return {
        name: Offer(
            name,
            entry["title"],
            entry["assembly"],
            files[entry["fasta"]],
            files[entry["genes"]],
            float(entry["gigabytes"]),
            {key: (files[file], fields) for key, (file, fields) in entry["overlays"].items()},
        )
        for name, entry in data["pack"].items()
    }


def _source(name: str, entry: dict[str, Any]) -> Source:
    url = entry["url"]
    urls = [url.replace("{chrom}", c) for c in CHROMOSOMES] if "{chrom}" in url else [url]
    sums = entry.get("sums")
    return Source(name, tuple(urls), tuple(sums) if sums else None, entry["licence"])


def list_packs() -> list[dict[str, Any]]:
    """What is installed and what can be: one row per pack, for ``reference list``."""
    from anntools.pack.manifest import read_manifest

    rows: list[dict[str, Any]] = []
    for folder in installed():
        m = read_manifest(folder)
        rows.append(
            {
                "name": folder.name,
                "installed": True,
                "pack_id": m.pack_id,
                "assembly": m.assembly,
                "contigs": [c["name"] for c in m.contigs],
                "genes": len(m.genes),
                "transcripts": m.transcripts,
                "overlays": [s["name"] for s in m.stores],
                "folder": str(folder),
            }
        )
    there = {row["name"] for row in rows}
    for offer in read_catalogue().values():
        if offer.name not in there:
            rows.append(
                {
                    "name": offer.name,
                    "installed": False,
                    "assembly": offer.assembly,
                    "title": offer.title,
                    "overlays": list(offer.overlays),
                }
            )
    return rows


def install(
    name: str,
    *,
    source: str = "",
    overlays: Sequence[str] = (),
    folder: Path | None = None,
    keep: bool = False,
    say: Say = lambda _: None,
    progress: Progress = lambda _done, _all: None,
    catalogue: Path = CATALOGUE,
    attempts: int = 5,
) -> Manifest:
    """Download, check and build a pack; returns its manifest.

    ``source``: a folder or web address where the same files lie, by their names; ``overlays``:
    what to add of those the catalogue names; ``folder``: where packs are kept; ``keep``: do not
    delete the downloaded files. Raises DownloadProblem, ValueError or OSError.
    """
    from anntools.pack.command import build_from_files

    offers = read_catalogue(catalogue)
    offer = offers.get(name)
    if offer is None:
        raise DownloadProblem(f"The catalogue has no pack {name}; it has {', '.join(offers)}")
    unknown = [o for o in overlays if o not in offer.overlays]
    if unknown:
        raise DownloadProblem(
            f"{name} has no overlay {unknown[0]}; it has {', '.join(offer.overlays) or 'none'}"
        )
    home = folder or user_folder()
    cellar = home / ".downloads" / name
    wanted = [offer.fasta, offer.genes, *(offer.overlays[o][0] for o in overlays)]
    places = {s.name: [_place(url, source) for url in s.urls] for s in wanted}
    say("Asking for sizes")
    sizes = sum(size_of(p) for s in wanted for p in places[s.name] if not _is_local(p))
    need_space(cellar, sizes + int(offer.gigabytes * 1e9))
    files = {
        s.name: _fetch(s, places[s.name], source, cellar, say, progress, attempts) for s in wanted
    }
    options = []
    for key in overlays:
        paths = files[offer.overlays[key][0].name]
        pattern = paths[0] if len(paths) == 1 else _pattern(offer.overlays[key][0], paths[0])
        options.append(f"{key}={pattern}:{offer.overlays[key][1]}")
    manifest = build_from_files(
        files[offer.fasta.name][0],
        files[offer.genes.name][0],
        home / name,
        options,
        offer.assembly,
        say=say,
    )
    if not keep:
        _discard(cellar)
    return manifest


def _pattern(source: Source, first: Path) -> Path:
    """The files of all chromosomes, as an overlay names them."""
    a, b = (url.rpartition("/")[2] for url in source.urls[:2])
    same = next(i for i in range(len(a)) if a[i] != b[i])
    return first.with_name(f"{a[:same]}*{a[same + 1 :]}")


def _is_local(place: str) -> bool:
    return not place.startswith(("http://", "https://"))


def _place(url: str, source: str) -> str:
    """Where a file is taken from: its own address, or the same file name in a mirror."""
    if not source:
        return url
    return f"{source.rstrip('/')}/{url.rpartition('/')[2]}"


def _fetch(
    wanted: Source,
    places: Sequence[str],
    source: str,
    cellar: Path,
    say: Say,
    progress: Progress,
    attempts: int,
) -> list[Path]:
    sums = _sums(wanted, source)
    out = []
    for place in places:
        name = place.rpartition("/")[2]
        checksum = sums.get(name)
        if _is_local(place):
            path = Path(place)
            if not path.is_file():
                raise DownloadProblem(f"{path} is not there")
            if checksum and checksum.of(path) != checksum.value:
                raise DownloadProblem(f"{path} has not the {checksum.kind} checksum of its source")
        else:
            say(f"Fetching {place}")
            path = cellar / wanted.name / name
            download(place, path, checksum, progress, attempts=attempts)
        out.append(path)
    return out


def _sums(wanted: Source, source: str) -> dict[str, Checksum]:
    """Checksums by file name. A mirror without the list of checksums is taken as it is."""
    if wanted.sums is None:
        return {}
    kind, url = wanted.sums
    place = _place(url, source)
    try:
        text = Path(place).read_text() if _is_local(place) else read_text(place)
    except (DownloadProblem, FileNotFoundError):
        if source:
            return {}
        raise
    return parse_sums(kind, text, [u.rpartition("/")[2] for u in wanted.urls])


def parse_sums(kind: str, text: str, names: Sequence[str]) -> dict[str, Checksum]:
    """Checksums of the named files from a list: ``checksum name``, or ``sum blocks name``."""
    out = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) < (3 if kind == "sum" else 1):
            continue
        name = words[-1].lstrip("*").rpartition("/")[2] if len(words) > 1 else names[0]
        if name in names:
            out[name] = Checksum(kind, str(int(words[0])) if kind == "sum" else words[0].lower())
    return out


def _discard(cellar: Path) -> None:
    import shutil

    shutil.rmtree(cellar, ignore_errors=True)
    if cellar.parent.is_dir() and not any(cellar.parent.iterdir()):
        cellar.parent.rmdir()
