"""The engine as its users run it: packs built by command, files annotated by command, read back."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Another checkout may be compared with this one's readers.
ENGINE = Path(os.environ.get("CONFORMANCE_ENGINE", ROOT))
DATA = ROOT.parent / "shared" / "data"
TRUTH = DATA / "truth"


class EngineFailed(RuntimeError):
    """A command of the engine did not end with 0."""


def command(*arguments: str | Path) -> None:
    """Run ``anntools`` with arguments."""
    line = [sys.executable, "-m", "anntools", *map(str, arguments)]
    done = subprocess.run(line, cwd=ENGINE, capture_output=True, text=True)
    if done.returncode != 0:
        raise EngineFailed(f"exit {done.returncode}: {' '.join(line)}\n{done.stderr[-2000:]}")


def build_pack(fasta: Path, genes: Path, folder: Path, *options: str) -> Path:
    """A pack from a genome and a gene model."""
    command("reference", "build", "--fasta", fasta, "--genes", genes, "-o", folder, *options)
    return folder


def annotate(source: Path, pack: Path, output: Path, *options: str) -> Path:
    """Annotate a file; returns the path of the plain VCF."""
    command("annotate", source, "-o", output, "--pack", pack, "--quiet", *options)
    return output


@dataclass(frozen=True)
class Record:
    """One record of an annotated VCF."""

    contig: str
    position: int
    name: str
    ref: str
    alts: tuple[str, ...]
    info: dict[str, str]
    samples: tuple[str, ...] = ()
    format: tuple[str, ...] = ()


def lines(path: Path) -> Iterator[str]:
    """Lines without line feeds, of a plain or a gzipped file."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt") as handle:
        for line in handle:
            yield line.rstrip("\n")


def records(path: Path) -> Iterator[Record]:
    """Records of a VCF."""
    for line in lines(path):
        if not line.startswith("#"):
            c = line.split("\t")
            info = dict(part.partition("=")[::2] for part in c[7].split(";")) if len(c) > 7 else {}
            yield Record(
                *(c[0], int(c[1]), c[2], c[3], tuple(c[4].split(",")), info),
                samples=tuple(c[9:]),
                format=tuple(c[8].split(":")) if len(c) > 8 else (),
            )


def csq_fields(path: Path) -> list[str]:
    """The names in the header line of CSQ."""
    for line in lines(path):
        if line.startswith("##INFO=<ID=CSQ,"):
            return line.partition("Format: ")[2].partition('"')[0].split("|")
        if line.startswith("#CHROM"):
            break
    raise EngineFailed(f"{path.name} has no header line for CSQ")


def csq_rows(path: Path) -> Iterator[tuple[Record, int, dict[str, str]]]:
    """Record, number of the ALT from 1, entry of CSQ by name. ``%3B`` and the like are decoded."""
    fields = csq_fields(path)
    for record in records(path):
        if not record.info.get("CSQ"):
            continue
        names = {}
        for number, shown in enumerate(shown_alleles(record.ref, record.alts), 1):
            names.setdefault(shown, number)
        for entry in record.info["CSQ"].split(","):
            row = dict(zip(fields, map(decoded, entry.split("|")), strict=True))
            yield record, names[row["Allele"]], row


def decoded(text: str) -> str:
    """A value as it was before it was made fit for INFO."""
    if "%" not in text:
        return text
    for code, char in (("3D", "="), ("3B", ";"), ("2C", ","), ("20", " "), ("25", "%")):
        text = text.replace(f"%{code}", char)
    return text


def shown_alleles(ref: str, alts: tuple[str, ...]) -> list[str]:
    """Alleles as VEP names them: without a first base that all share, if lengths differ."""
    plain = [a for a in alts if a[0] not in "*<." and "[" not in a and "]" not in a]
    if any(len(a) != len(ref) for a in plain) and len({a[0] for a in [ref, *plain]}) == 1:
        return [(a[1:] or "-") if a in plain else a for a in alts]
    return list(alts)
