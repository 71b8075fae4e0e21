"""Why BCSQ differs from that of bcftools: the numbered list at the end of docs/engine/bcsq.md.

Where our entries are those of the readable specification (``anntools.spec.bcsq``), bcftools differs
from its own rules. Where they are not, an insertion or deletion was judged by VEP's rules (11), and
anything else is unexplained.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from anntools.pack.genes import read_genes
from anntools.spec.bcsq import local
from anntools.spec.csq_entry import START_STOP
from anntools.spec.csq_model import Model
from tests.engine.hgvs_truth import read_fasta

Place = tuple[str, int, str, str]  # contig, position, REF, ALTs


@dataclass
class Context:
    """Genome and gene model of a comparison; ``refused``: our engine did not take the file."""

    fasta: Path
    genes: Path
    refused: bool = False
    _near: dict[tuple[str, int], list[Model]] = field(default_factory=dict)

    @cached_property
    def genome(self) -> dict[str, str]:
        """Bases by contig."""
        return read_fasta(self.fasta)

    @cached_property
    def models(self) -> list[tuple[str, Model]]:
        """Contig and transcript, as the specification of BCSQ wants it."""
        return [
            (
                t.contig,
                Model(
                    *(t.id, t.symbol or t.gene_id, t.biotype, t.strand),
                    tuple((a + 1, b) for a, b in t.exons),
                    (t.cds[0] + 1, t.cds[1]) if t.cds else None,
                    self.genome[t.contig],
                    t.phase,
                ),
            )
            for t in read_genes(self.genes)
            if t.contig in self.genome
        ]

    @cached_property
    def table(self) -> list[list[str]]:
        """The rows of the gene model."""
        raw = self.genes.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
        return [line.split("\t") for line in text.splitlines() if line.count("\t") > 7]

    @cached_property
    def rows(self) -> set[str]:
        """Types of the rows of the gene model."""
        return {row[2] for row in self.table}

    def versioned(self, transcript: str) -> bool:
        """Whether the model writes the transcript with its version."""
        return any(f"transcript:{transcript}." in row[8] for row in self.table)

    def slips(self, transcript: str) -> bool:
        """Whether rows of its coding sequence overlap."""
        name = f"Parent=transcript:{transcript}"
        spans = sorted(
            (int(r[3]), int(r[4])) for r in self.table if r[2] == "CDS" and name in r[8].split(";")
        )
        return any(a[1] >= b[0] for a, b in pairwise(spans))

    def specified(self, place: Place, transcript: str) -> list[str]:
        """The entries of a transcript by the specification."""
        contig, position, ref, alts = place
        end = position + len(ref) + 8
        near = [
            m for c, m in self.models if c == contig and m.first <= end and m.last >= position - 8
        ]
        entries = local(near, position, ref, alts.split(",")).text().split(",")
        return sorted({e for e in entries if e and (e.split("|") + [""] * 3)[2] == transcript})


def explain(context: Context, place: Place, ours: list[str], theirs: list[str]) -> str | None:
    """The paragraph of docs/engine/bcsq.md that decides, or None."""
    if context.refused:
        return "bcsq 10"
    transcript = ((ours or theirs)[0].split("|") + [""] * 3)[2]
    if context.versioned(transcript.rpartition(".")[0] or transcript):
        return "bcsq 8"
    if context.slips(transcript):
        return "bcsq 7"
    if _words(ours) ^ _words(theirs) <= {"5_prime_utr", "3_prime_utr"}:
        if not context.rows & {"five_prime_UTR", "three_prime_UTR"} and place[3][:1] != "<":
            return "bcsq 4"
        if len(place[2]) > 1 and _words(ours) - _words(theirs):
            return "bcsq 4"
    if ours == context.specified(place, transcript):
        return _theirs(context, place, ours, theirs)
    ref, alts = place[2], place[3].split(",")
    if _words(ours) == _words(theirs) and _words(ours) & START_STOP and len(ours) < len(theirs):
        return "bcsq 12"
    return "bcsq 11" if any(len(a) != len(ref) for a in alts) else None


def _words(entries: list[str]) -> set[str]:
    return {w for e in entries for w in e.split("|")[0].split("&")}


def _theirs(context: Context, place: Place, ours: list[str], theirs: list[str]) -> str | None:
    """We say what is specified; what made bcftools say otherwise."""
    more, less = _words(ours) - _words(theirs), _words(theirs) - _words(ours)
    length = len(place[2]) > 1 or any(len(a) > 1 for a in place[3].split(","))
    if _not_left_aligned(context, place):
        return "bcsq 1"
    if any("?" in e for e in theirs):
        return "bcsq 5"
    if more | less == {"synonymous"} and length:
        return "bcsq 6"
    if length and not less and more <= {"splice_acceptor", "splice_donor", "splice_region"}:
        return "bcsq 4"
    return None


def _not_left_aligned(context: Context, place: Place) -> bool:
    """Whether an ALT's change can be moved left on the genome."""
    contig, position, ref, alts = place
    genome = context.genome[contig]
    for alt in alts.split(","):
        if set(alt) <= set("ACGT") and len(alt) != len(ref):
            a, b = ref, alt
            while a and b and a[-1] == b[-1]:
                a, b = a[:-1], b[:-1]
            if not a or not b:
                return True  # trimming from the right ate an allele: the record has an older form
            if len(a) > 1 and len(b) > 1 and a[0] == b[0]:
                return True
            if position > 1 and genome[position - 2] == "N":
                return False
    return False
