"""Random genes that look like those of Ensembl: sizes of exons and introns, splice forms, biotypes.

Nothing here is biology; the shapes decide how much work an annotator has. About half of the genes
are coding, with ten transcripts in the mean, of which half are coding.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Exon = tuple[int, int]  # 0-based, half-open, on the genome
MARGIN = 20_000  # bases at the ends of a contig that stay free of genes


@dataclass
class Transcript:
    """Exons in genomic order; ``coding`` is the genomic interval of the CDS, if any."""

    exons: list[Exon]
    biotype: str
    coding: tuple[int, int] | None = None
    canonical: bool = False


@dataclass
class Gene:
    """Transcripts of one place; ``number`` is unique in the genome."""

    number: int
    contig: int
    strand: str
    biotype: str
    transcripts: list[Transcript] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Leftmost base, 0-based."""
        return min(t.exons[0][0] for t in self.transcripts)

    @property
    def end(self) -> int:
        """Right end, exclusive."""
        return max(t.exons[-1][1] for t in self.transcripts)


def sizes(rng: np.random.Generator, n: int, median: float, sigma: float, least: int, most: int):
    """Log-normal lengths, int array [n]."""
    return np.clip(np.exp(rng.normal(np.log(median), sigma, n)), least, most).astype(int)


def make_gene(
    rng: np.random.Generator, number: int, contig: int, length: int, coding: bool
) -> Gene:
    """One gene at a random place of a contig."""
    strand = "+" if rng.random() < 0.5 else "-"
    biotype = "protein_coding" if coding else ("lincRNA" if rng.random() < 0.7 else "antisense")
    gene = Gene(number, contig, strand, biotype)
    lengths, gaps = _structure(rng, coding)
    if strand == "-":
        lengths, gaps = lengths[::-1], gaps[::-1]
    span = int(lengths.sum() + gaps.sum())
    at = int(rng.integers(MARGIN, length - MARGIN - span))
    starts = at + np.concatenate([[0], np.cumsum(lengths[:-1] + gaps)])
    exons = [(int(s), int(s + n)) for s, n in zip(starts, lengths, strict=True)]
    if coding:
        _coding_transcripts(rng, gene, exons)
    else:
        gene.transcripts.append(Transcript(exons, biotype, canonical=True))
        for _ in range(int(np.clip(rng.geometric(1 / 3.3), 1, 25)) - 1):
            gene.transcripts.append(Transcript(_window(rng, exons, len(exons)), biotype))
    return gene


def _structure(rng: np.random.Generator, coding: bool):
    """Lengths of exons and introns in the direction of transcription."""
    if coding:
        n = 1 + int(np.clip(rng.geometric(1 / 9.5), 1, 80))
        span = int(sizes(rng, 1, 25_000, 1.1, 2_500, 600_000)[0])
    else:
        n = int(np.clip(rng.geometric(1 / 3.2), 1, 15))
        span = int(sizes(rng, 1, 6_000, 1.2, 400, 300_000)[0])
    exons = sizes(rng, n, 125, 0.45, 30, 1200)
    if coding:
        symmetric = rng.random(n) < 0.2
        exons = np.maximum(np.where(symmetric, exons - exons % 3, exons), 30)
        exons[0] = sizes(rng, 1, 220, 0.5, 80, 1500)[0]
        exons[-1] = sizes(rng, 1, 1100, 0.8, 200, 8000)[0]
    else:
        exons[-1] = sizes(rng, 1, 400, 0.7, 80, 4000)[0]
    free = max(span, int(exons.sum()) + (n - 1) * 90) - int(exons.sum()) - 80 * (n - 1)
    weights = rng.gamma(0.6, 1, n - 1) + 1e-3
    return exons, (80 + free * weights / weights.sum()).astype(int)


def _window(rng: np.random.Generator, exons: list[Exon], most: int) -> list[Exon]:
    """Some neighbouring exons."""
    first = int(rng.integers(0, len(exons)))
    return exons[first : first + 1 + int(rng.integers(0, most))]


def _coding_interval(rng: np.random.Generator, exons: list[Exon], strand: str) -> tuple[int, int]:
    """A coding interval of whole codons: from the first exon to the last or last but one."""
    order = exons if strand == "+" else exons[::-1]
    lengths = [e - s for s, e in order]
    begins = [0, *np.cumsum(lengths).tolist()]
    total = begins[-1]
    first = int(rng.integers(20, max(21, lengths[0] - 10)))
    last = len(order) - (1 if rng.random() < 0.85 or len(order) < 4 else 2)
    stop = begins[last] + min(lengths[last] - 3, int(rng.integers(4, 160)))
    stop = min(max(stop, first + 60), total - 3)
    stop -= (stop - first) % 3

    def genomic(i: int) -> int:
        k = max(j for j in range(len(order)) if begins[j] <= i)
        s, e = order[k]
        return s + i - begins[k] if strand == "+" else e - 1 - (i - begins[k])

    a, b = genomic(first), genomic(stop - 1)
    return min(a, b), max(a, b) + 1


def _coding_transcripts(rng: np.random.Generator, gene: Gene, exons: list[Exon]) -> None:
    """The canonical transcript and its splice forms."""
    coding = _coding_interval(rng, exons, gene.strand)
    gene.transcripts.append(Transcript(exons, "protein_coding", coding, canonical=True))
    inner = {
        k for k, (s, e) in enumerate(exons) if s > coding[0] and e < coding[1] and (e - s) % 3 == 0
    }
    for _ in range(int(np.clip(rng.geometric(1 / 10.0), 1, 60)) - 1):
        kind = rng.random()
        if kind < 0.5:  # exons skipped, ends shortened
            skipped = {k for k in inner if rng.random() < 0.35}
            kept = [e for k, e in enumerate(exons) if k not in skipped]
            biotype = "protein_coding" if kind < 0.4 else "nonsense_mediated_decay"
            gene.transcripts.append(Transcript(_shorter(rng, kept, coding), biotype, coding))
        elif kind < 0.65:  # an intron kept
            some = _window(rng, exons, 5)
            joined = len(some) > 1 and some[1][1] - some[0][0] <= 20_000
            if joined:
                some = [(some[0][0], some[1][1]), *some[2:]]
            biotype = "retained_intron" if joined else "processed_transcript"
            gene.transcripts.append(Transcript(some, biotype))
        elif kind < 0.78:
            gene.transcripts.append(Transcript(_window(rng, exons, 5), "processed_transcript"))
        else:
            gene.transcripts.append(Transcript(exons, "protein_coding", coding))


def _shorter(rng: np.random.Generator, exons: list[Exon], coding: tuple[int, int]) -> list[Exon]:
    """The same exons with other ends in the untranslated regions."""
    (s0, e0), (s1, e1) = exons[0], exons[-1]
    left = min(coding[0], e0 - 10) - s0
    right = e1 - max(coding[1], s1 + 10)
    out = list(exons)
    if left > 0:
        out[0] = (s0 + int(rng.integers(0, min(left, 120) + 1)), e0)
    if right > 0:
        out[-1] = (out[-1][0], e1 - int(rng.integers(0, min(right, 120) + 1)))
    return out
