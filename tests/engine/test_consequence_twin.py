"""The compiled rule and the written rule are the same rule."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anntools import open_pack
from anntools.kernels_v0.model import BASE
from anntools.labels import CSQ_FIELDS
from anntools.pack import genes
from anntools.pack.build import Contig, PackInput, build_pack
from anntools.pack.sequence import cdna_codes
from anntools.spec.consequence import Effect, consequence
from anntools.spec.transcript import Transcript
from tests.engine.conftest import info_of

Lines = Callable[..., list[str]]
GENOME = 420


def random_genome(rng: random.Random) -> str:
    """Bases with more A and T than usual, so that stops are common."""
    return "".join(rng.choices("ACGT", weights=(3, 2, 2, 3), k=GENOME))


def random_transcript(rng: random.Random) -> genes.Transcript:
    """One to four exons; introns from 1 base (a repair) to 60; coding or not; any frame."""
    at = rng.randrange(30, 60)
    exons = []
    for _ in range(rng.randint(1, 4)):
        size = rng.randint(1, 45)
        exons.append((at, at + size))
        at += size + rng.choice((1, 3, 12, 13, 14, 20, 40, 60))
    t = genes.Transcript("T", "1", "c", rng.choice((1, -1)), exons, "G", "S")
    bases = [p for a, b in exons for p in range(a, b)]
    if rng.random() < 0.8 and len(bases) >= 6:
        left, right = sorted(rng.sample(range(len(bases)), 2))
        t.cds = (bases[left], bases[right] + 1)
        t.phase = rng.choice((0, 0, 0, 1, 2))
    t.biotype = rng.choice(("protein_coding", "nonsense_mediated_decay"))
    t.tags = frozenset(x for x in ("cds_start_NF", "cds_end_NF") if rng.random() < 0.1)
    return t


def random_alleles(rng: random.Random, genome: str) -> list[tuple[int, str, str]]:
    """(0-based position of the anchor, REF, ALT), alleles of every kind."""
    out = []
    for _ in range(60):
        pos = rng.randrange(5, 330)
        ref = genome[pos : pos + 1 + rng.choice((0, 1, 1, 1, 2, 3, 4, 6, 9, 30, 80))]
        inserted = rng.choice((0, 0, 1, 1, 1, 2, 3, 4, 6, 9, 20))
        alt = ref[0] + "".join(rng.choices("ACGT", k=inserted))
        if alt != ref:
            out.append((pos, ref, alt))
    return out


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, int, str]:
    """Place (1-based, closed) and replacing bases, begin trimmed before end."""
    while ref and alt and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    return pos + 1, pos + len(ref), alt


def written(t: genes.Transcript, genome: str) -> Transcript:
    """The same transcript in the words of the specification."""
    codes = BASE[list(genome.encode())]
    pad = (3 - t.phase) % 3 if t.cds else 0
    return Transcript(
        exons=tuple((a + 1, b) for a, b in t.exons),
        strand=t.strand,
        sequence="".join("ACGTN"[c] for c in cdna_codes(codes, t.exons, t.strand)),
        coding=(t.cds[0] + 1, t.cds[1]) if t.cds else None,
        pad=pad,
        nmd=t.biotype == "nonsense_mediated_decay",
        start_incomplete=bool(t.phase) or "cds_start_NF" in t.tags,
        end_incomplete="cds_end_NF" in t.tags,
    )


def shown(pair: tuple[int | None, int | None]) -> str:
    """Positions as CSQ prints them."""
    a, b = pair
    if a is None and b is None:
        return ""
    if a is not None and b is not None:
        a, b = min(a, b), max(a, b)
    return str(a) if a == b else f"{'?' if a is None else a}-{'?' if b is None else b}"


def expected(effect: Effect) -> tuple[str, str, str, str]:
    """Terms, spliced place, coding place, distance."""
    outside = effect.terms & {"upstream_gene_variant", "downstream_gene_variant"}
    return (
        "&".join(sorted(effect.terms)),
        shown(effect.spliced),
        shown(effect.coding),
        str(effect.distance) if outside else "",
    )


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_kernel_is_the_written_rule(seed: int, annotate_lines: Lines) -> None:
    rng = random.Random(seed)
    genome = random_genome(rng)
    transcript = random_transcript(rng)
    with tempfile.TemporaryDirectory() as folder:
        build_pack(
            PackInput(
                "twin",
                "test",
                [Contig("c", GENOME)],
                {"c": BASE[list(genome.encode())]},
                [transcript],
            ),
            Path(folder),
        )
        pack = open_pack(folder)
        alleles = random_alleles(rng, genome)
        lines = annotate_lines(pack, *(f"c\t{p + 1}\t.\t{r}\t{a}\t.\t.\t." for p, r, a in alleles))
        del pack
    spec = written(transcript, genome)
    assert len(lines) == len(alleles)
    for (pos, ref, alt), line in zip(alleles, lines, strict=True):
        row = dict(zip(CSQ_FIELDS, info_of(line)["CSQ"].split("|"), strict=True))
        found = (
            "&".join(sorted(row["Consequence"].split("&"))),
            row["cDNA_position"],
            row["CDS_position"],
            row["DISTANCE"],
        )
        assert found == expected(consequence(spec, *trimmed(pos, ref, alt))), (pos, ref, alt, spec)
