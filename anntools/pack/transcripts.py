"""A transcript as gene models tell it, before it becomes a row of the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

Span = tuple[int, int]


class GeneModelError(ValueError):
    """A gene model file that cannot be read; the message says where and why."""


@dataclass(slots=True)
class Transcript:
    """One transcript on the genome. Coordinates 0-based, half-open, in genomic order."""

    id: str  # stable id without version
    version: str
    contig: str
    strand: int
    exons: list[Span]
    gene_id: str
    symbol: str = ""
    biotype: str = ""
    cds: Span | None = None  # genomic span of the coding part
    phase: int = 0  # bases to skip in the first coding exon to reach a codon
    protein: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
    mane: str = ""  # RefSeq id of a MANE Select transcript
    support: int = 0  # Ensembl's transcript support level, 1 (best) to 5; 0: not told
    hgvs: str = ""  # reference named in HGVSc; id and version if empty
    code: int = 0  # NCBI translation table; 0: the contig's
    # (genomic place of the codon's first base along the strand, one-letter amino acid)
    recoded: tuple[tuple[int, str], ...] = ()
    # coding parts in genomic order, only where they are not simply the exons' (slippage)
    parts: tuple[Span, ...] = ()

    @property
    def start(self) -> int:
        """First base of the first exon."""
        return self.exons[0][0]

    @property
    def end(self) -> int:
        """End of the last exon."""
        return self.exons[-1][1]

    def spliced(self, position: int) -> int:
        """Spliced bases to the left of a genomic position (in genomic order)."""
        return sum(max(0, min(e, position) - s) for s, e in self.exons)

    def coding_offset(self, position: int) -> int:
        """0-based place of a base in the coding sequence, read plainly from end to end."""
        assert self.cds is not None
        if self.strand > 0:
            return self.spliced(position) - self.spliced(self.cds[0])
        return self.spliced(self.cds[1]) - 1 - self.spliced(position)

    def slips(self) -> list[tuple[int, int]]:
        """(coding bases read before the ribosome slips, shift) of each slippage.

        A shift of -1: the part begins one base before the end of the part before it, so that base
        is read twice; +1: one base is left out.
        """
        order = list(self.parts) if self.strand > 0 else list(reversed(self.parts))
        out = []
        for former, later in pairwise(order):
            if self.strand > 0:
                begin, end = self.coding_offset(later[0]), self.coding_offset(former[1] - 1) + 1
            else:
                begin, end = self.coding_offset(later[1] - 1), self.coding_offset(former[0]) + 1
            if begin != end:
                out.append((end, begin - end))
        return out


def support_level(text: str) -> int:
    """Transcript support level of ``1``, ``5 (assigned to previous version 2)``, ``NA``."""
    return int(text[0]) if text[:1] in tuple("12345") else 0


def merge(parts: list[Span]) -> list[Span]:
    """Sorted parts; touching or overlapping ones become one."""
    out: list[Span] = []
    for start, end in sorted(parts):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def split_version(identifier: str, version: str = "") -> tuple[str, str]:
    """``ENST00000380000.3`` -> (``ENST00000380000``, ``3``)."""
    stem, dot, tail = identifier.rpartition(".")
    if dot and tail.isdigit() and stem:
        return stem, version or tail
    return identifier, version
