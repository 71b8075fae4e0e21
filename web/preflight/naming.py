"""Which contig of a pack a contig of a file is: by its name, or by what its name and length say."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from web.ports import Chromosome, PackAtHand

_ACCESSION = re.compile(r"(?:NC_|CM|CP)[0-9]{6}\.[0-9]+")
_DRESS = re.compile(
    r"(?:[a-z0-9_]+\.)?(?:chromosome|chrom|chr)?[-_.: ]*0*(?P<core>[0-9]{1,2}|x|y|mt?)"
    r"(?:\.fa|\.fasta|_maternal|_paternal)?",
    re.IGNORECASE,
)
_PLINK = {"23": "X", "24": "Y", "26": "MT", "M": "MT"}
_MITOCHONDRIAL = frozenset(("mito", "mtdna", "mitochondrion", "mitochondria"))
_LONG = 100_000
"""A length is a sign of identity only if it is not one that many contigs have."""


@dataclass(frozen=True)
class Contig:
    """A contig of the file in the light of a pack."""

    name: str
    length: int | None
    known_as: str | None
    """The pack's name; None: it does not know the contig by this name."""
    suggested: str | None = None
    """The pack's contig that it is, by all signs."""
    chromosome: Chromosome | None = None
    """The chromosome of a well-known assembly that it is, whether the pack has it or not."""

    @property
    def place(self) -> str | None:
        """The pack's name, if there is one to be had."""
        return self.known_as or self.suggested


class Chromosomes:
    """The chromosomes of the well-known assemblies, to be found by what files say of them."""

    def __init__(self, chromosomes: Iterable[Chromosome]) -> None:
        listed = list(chromosomes)
        self._by_accession = {a: each for each in listed for a in each.accessions}
        self._by_length = {each.length: each for each in listed}

    def find(self, name: str, length: int | None) -> Chromosome | None:
        """By an accession in the name; else by the length, if the name does not contradict it."""
        accession = accession_in(name)
        if accession:
            return self._by_accession.get(accession)
        found = self._by_length.get(length) if length else None
        return found if found and found.name == plain_name(name) else None


class PackNames:
    """The names and lengths of a pack's contigs."""

    def __init__(self, pack: PackAtHand) -> None:
        self._assembly = pack.assembly
        self._own = {contig.name.casefold(): contig.name for contig in pack.contigs}
        for contig in pack.contigs:
            for alias in contig.aliases:
                self._own.setdefault(alias.casefold(), contig.name)
        self._lengths = {contig.name: contig.length for contig in pack.contigs}
        counted = Counter(self._lengths.values())
        self._by_length = {n: own for own, n in self._lengths.items() if counted[n] == 1}

    def own(self, name: str) -> str | None:
        """The pack's own name, whatever the case of the letters: as the engine finds it."""
        return self._own.get(name.casefold())

    def suggestion(
        self, name: str, length: int | None, chromosome: Chromosome | None
    ) -> str | None:
        """The pack's contig that a contig with a name it does not know must be."""
        if chromosome is None and accession_in(name):
            return None  # a sequence with a name of its own, and none that we know
        if chromosome is not None and self._assembly not in ("", chromosome.assembly):
            return None
        core = chromosome.name if chromosome else plain_name(name)
        own = self.own(core) if core else None
        if own is not None:
            return own if length in (None, self._lengths[own]) else None
        return self._by_length.get(length) if length and length >= _LONG and not core else None


def match_contigs(
    names: Mapping[str, int | None],
    pack: PackAtHand,
    chromosomes: Chromosomes,
    renamed: Mapping[str, str],
) -> Sequence[Contig]:
    """The file's contigs (name → length, if known), `renamed` ones under their new name."""
    known = PackNames(pack)
    taken = {known.own(renamed.get(name, name)) for name in names}
    out = []
    for name, length in names.items():
        own = known.own(renamed.get(name, name))
        chromosome = chromosomes.find(name, length)
        suggested = None if own else known.suggestion(name, length, chromosome)
        if suggested in taken:  # two contigs of a file are not the same one
            suggested = None
        taken.add(suggested)
        out.append(Contig(name, length, own, suggested, chromosome))
    return out


def accession_in(name: str) -> str | None:
    """`NC_000020.10` of `gi|224589812|ref|NC_000020.10|`."""
    found = _ACCESSION.search(name)
    return found[0] if found else None


def plain_name(name: str) -> str:
    """`20` of `chr20`, `Chr_020`, `chromosome 20`, `20.fa`; `MT` of all that means it; else ''."""
    if name.casefold() in _MITOCHONDRIAL:
        return "MT"
    found = _DRESS.fullmatch(name.strip())
    core = found["core"].upper() if found else ""
    return _PLINK.get(core, core)
