"""Contigs of a pack: what a VCF may call them, their accession, their genetic code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anntools import genetic_code
from anntools.pack.assemblies import BY_LENGTH, MITOCHONDRIA
from anntools.pack.textfile import lines

_MITOCHONDRIAL_NAMES: Final = frozenset(("MT", "M", "chrM", "chrMT", "Mt", "mitochondrion"))
_UCSC_SCAFFOLD: Final = re.compile(
    r"chr(?:Un|[0-9A-Za-z]+)_((?:gl|ki|jh|ml|kz|kq|kn|kv|mu|la|aaa?[a-z]?)\d+)(?:v(\d+))?"
    r"(?:_random|_alt|_fix)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Contig:
    """A sequence the pack knows, with every name under which a VCF may call it."""

    name: str
    length: int
    aliases: tuple[str, ...] = ()
    accession: str = ""  # used in HGVSg; the name itself if empty
    code: int = genetic_code.STANDARD
    limit: int = 0  # nothing is known from here on; 0: all is known

    @property
    def hgvs_prefix(self) -> str:
        """``NC_000020.10:g.``, with ``m.`` for a mitochondrion."""
        kind = "m" if self.code == genetic_code.VERTEBRATE_MITOCHONDRIAL else "g"
        return f"{self.accession or self.name}:{kind}."

    def names(self) -> list[str]:
        """Its name, the given aliases, and the usual ones: with and without ``chr``, M and MT."""
        plain = self.name.removeprefix("chr")
        names = [self.name, *self.aliases, plain]
        names += [prefix + plain for prefix in ("chr", "Chr", "CHR")]
        if plain in ("MT", "M"):
            names += ["MT", "M", "chrM", "chrMT"]
        if self.accession:
            names.append(self.accession)
        return names


def identify(
    head: str,
    length: int,
    synonyms: Mapping[str, Sequence[str]] | None = None,
    mitochondrion: str | None = None,
) -> Contig:
    """The contig of a FASTA record, from its header line and length.

    Human chromosomes are known by their length; other mitochondria by name, by an accession of
    ``mitochondrion``, or by the word in the header. ``synonyms``: further names by name.
    """
    name = head.split()[0]
    plain = name.removeprefix("chr")
    aliases = list((synonyms or {}).get(name, ()))
    accession = ""
    known = BY_LENGTH.get(length)
    own = re.search(r"chromosome ([0-9]{1,2}|X|Y),", head)
    if (known and known.name in (plain, own[1] if own else "")) or (
        known and name in (known.refseq, known.genbank)
    ):
        accession = known.refseq
        aliases += [known.name, f"chr{known.name}", known.refseq, known.genbank]
    is_mitochondrial = (
        name == mitochondrion
        if mitochondrion
        else name in _MITOCHONDRIAL_NAMES
        or "mitochondri" in head.lower()
        or any(name in pair for pair in MITOCHONDRIA.values())
    )
    if is_mitochondrial:
        aliases += ["MT", "M", "chrM", "chrMT"]
        if length in MITOCHONDRIA:
            accession = MITOCHONDRIA[length][0]
            aliases += MITOCHONDRIA[length]
    scaffold = _UCSC_SCAFFOLD.fullmatch(name)
    if scaffold:
        aliases.append(f"{scaffold[1].upper()}.{scaffold[2] or 1}")
    return Contig(
        name,
        length,
        tuple(dict.fromkeys(aliases)),
        accession or next((a for a in aliases if a.startswith(("NC_", "NT_", "NW_"))), ""),
        genetic_code.VERTEBRATE_MITOCHONDRIAL if is_mitochondrial else genetic_code.STANDARD,
    )


def assembly_of(contigs: Iterable[Contig]) -> str:
    """The human assembly of which most contigs are, or an empty text."""
    votes: dict[str, int] = {}
    for contig in contigs:
        known = BY_LENGTH.get(contig.length)
        if known and known.refseq in (contig.accession, contig.name, *contig.aliases):
            votes[known.assembly] = votes.get(known.assembly, 0) + 1
    return max(votes, key=lambda name: votes[name]) if votes else ""


def read_synonyms(path: Path) -> dict[str, list[str]]:
    """Other names by name: a table whose every row has the names of one contig.

    UCSC's chromAlias.txt and NCBI's assembly_report.txt are such tables.
    """
    out: dict[str, list[str]] = {}
    for _, line in lines(path):
        names = [n for n in line.split("\t") if re.fullmatch(r"[\w.*:-]+", n)]
        names = [n for n in names if n != "na" and not n.isdigit()] + [
            n for n in names if n.isdigit() and len(n) <= 2
        ]
        for name in names:
            out.setdefault(name, []).extend(n for n in names if n != name)
    return out


def alias_table(contigs: Sequence[Contig]) -> dict[str, int]:
    """Every name and the number of its contig; the first of a name wins, own names first."""
    names = {contig.name: i for i, contig in enumerate(contigs)}
    for i, contig in enumerate(contigs):
        for name in contig.names():
            names.setdefault(name, i)
    return names
