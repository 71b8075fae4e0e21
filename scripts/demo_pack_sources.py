"""The pinned sources of the demo pack: the packages, and the files the build reads.

The table is demo_pack_sources.toml. A file the build reads is known by the checksum of its content,
not of its bytes on disk, so that it does not matter who compressed it.
"""

from __future__ import annotations

import gzip
import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from anntools.pack.manifest import SourceFile
from anntools.pack.sequence import Codes, read_fasta

HERE = Path(__file__).resolve().parent
TABLE = HERE / "demo_pack_sources.toml"
LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a registry at a pinned version."""

    registry: str  # "Debian", "PyPI" or "npm"
    name: str
    version: str
    file: str  # as the registry's client names it
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file the build reads, made from members of one package or kept in this repository."""

    key: str
    what: str
    licence: str
    package: Package | None  # None: a file beside this script
    version: str
    members: dict[str, str]  # path in the package -> SHA-256
    inner: str  # the file wanted, if the member is itself an archive
    file: str  # name of the file the build reads
    content_sha256: str  # see content_digest and sequence_digest
    masked: tuple[tuple[int, int], ...]  # 0-based, half-open: read as unknown bases
    info: tuple[str, ...]  # the INFO keys the build reads, for a VCF

    def record(self) -> SourceFile:
        """What the pack's manifest says of it."""
        member, digest = next(iter(self.members.items()))
        package = f"{self.package.registry} {self.package.name}" if self.package else "this project"
        return SourceFile(
            what=self.what,
            package=package,
            version=self.version,
            file=member,
            sha256=digest,
            licence=self.licence,
        )


def read_table(path: Path = TABLE) -> dict[str, Source]:
    """The sources by key. Raises KeyError where the table lacks something."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    packages = {name: Package(name=name, **entry) for name, entry in table["packages"].items()}
    return {key: _source(key, entry, packages) for key, entry in table["sources"].items()}


def _source(key: str, entry: dict[str, Any], packages: dict[str, Package]) -> Source:
    package = packages[entry["package"]] if "package" in entry else None
    return Source(
        key=key,
        what=entry["what"],
        licence=entry["licence"],
        package=package,
        version=package.version if package else entry["version"],
        members=entry["members"],
        inner=entry.get("inner", ""),
        file=entry["file"],
        content_sha256=entry["content_sha256"],
        masked=tuple((a, b) for a, b in entry.get("masked", [])),
        info=tuple(entry.get("info", [])),
    )


def read_sequence(path: Path, masked: tuple[tuple[int, int], ...] = ()) -> Codes:
    """Base codes of the first record of a FASTA file; masked intervals are unknown bases."""
    codes = next(iter(read_fasta(path).values()))
    for start, end in masked:
        codes[start:end] = 4
    return codes


def sequence_digest(codes: Codes) -> str:
    """SHA-256 of the bases as upper-case letters; anything but A, C, G, T is N."""
    return hashlib.sha256(LETTERS[codes].tobytes()).hexdigest()


def content_digest(path: Path, info: tuple[str, ...] = ()) -> str:
    """SHA-256 of a text file, decompressed, without the lines that begin with ``#``.

    With INFO keys given the file is a VCF, and of INFO only these count.
    """
    data = path.read_bytes()
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith(b"#")]
    if info:
        kept = [_with_info(line, info) for line in kept]
    return hashlib.sha256(b"".join(kept)).hexdigest()


def _with_info(line: bytes, keys: tuple[str, ...]) -> bytes:
    """A VCF record cut after INFO, and INFO to the given keys."""
    columns = line.decode().rstrip("\n").split("\t")[:8]
    parts = [part for part in columns[7].split(";") if part.partition("=")[0] in keys]
    return "\t".join([*columns[:7], ";".join(parts)]).encode() + b"\n"


def digest_of(source: Source, path: Path) -> str:
    """The checksum to compare with the pinned ``content_sha256``."""
    if ".fa" in source.file:
        return sequence_digest(read_sequence(path, source.masked))
    return content_digest(path, source.info)
